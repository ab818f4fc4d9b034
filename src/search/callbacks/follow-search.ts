// Turns the events of a search into calls of its callbacks.

import type { Candidate, CandidateProgress, SearchEmitter } from '../records/events.ts';
import type { EvaluationEntry, FinalEntry } from '../records/journal-entry.ts';
import type { EvaluationControl, EvaluationStopper, SearchControl, TrainingEvent } from './callback.ts';
import type { CallbackQueue } from './callback-queue.ts';

/** Subscribes callbacks to the events of a search. */
export function followWithCallbacks(
  events: SearchEmitter,
  queue: CallbackQueue,
  { stop }: EvaluationStopper,
  stopSearch: () => void,
): void {
  const search: SearchControl = { stopSearch };
  const evaluation = (id: string, epoch: number): EvaluationControl => ({
    stopSearch,
    stopEvaluation: () => stop(id, epoch),
  });
  const begin = (training: TrainingEvent): void => {
    const control = evaluation(training.id, 0);
    queue.call('onEvaluationStart', (callback) => callback.onEvaluationStart?.(training, control));
  };
  const endEpoch = (training: TrainingEvent, { progress: { epoch } }: CandidateProgress): void => {
    if (epoch === undefined) return;
    const control = evaluation(training.id, epoch.epoch);
    queue.call('onEpochEnd', (callback) => callback.onEpochEnd?.({ ...training, ...epoch }, control));
  };
  const end = (training: TrainingEvent, { type: _, ...entry }: EvaluationEntry | FinalEntry): void =>
    queue.call('onEvaluationEnd', (callback) => callback.onEvaluationEnd?.({ ...entry, ...training }, search));

  events.on('start', (event) => queue.call('onSearchStart', (callback) => callback.onSearchStart?.(event, search)));
  events.on('generation', (event) => queue.call('onGeneration', (callback) => callback.onGeneration?.(event, search)));
  const candidate = ({ id, genome }: Candidate): TrainingEvent => ({ id, genome, final: false });
  events.on('evaluationStart', (event) => begin(candidate(event)));
  events.on('progress', (event) => endEpoch(candidate(event), event));
  events.on('evaluation', (entry) => end(candidate(entry), entry));
  const repeats = new Map<string, number>();
  const final = ({ id, genome }: Candidate): TrainingEvent => ({
    id,
    genome,
    final: true,
    repeat: repeats.get(id) ?? 1,
  });
  events.on('finalStart', (event) => {
    repeats.set(event.id, event.repeat);
    begin(final(event));
  });
  events.on('finalProgress', (event) => endEpoch(final(event), event));
  events.on('final', (entry) => end(final(entry), entry));
}
