// The winner is trained on all training images, as often as asked.

import type { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { EvaluationOutcome } from '../evaluation/task.ts';
import type { Candidate, SearchEvents } from './events.ts';
import type { EvaluationEntry, FinalEntry } from './journal.ts';
import { mapConcurrently } from './map-concurrently.ts';
import type { OpenRun } from './open-run.ts';
import { finalTask, type TaskSettings } from './tasks.ts';

export interface FinalTraining {
  readonly run: OpenRun;
  readonly evaluator: Evaluator;
  readonly tasks: TaskSettings;
  readonly events: EventEmitter<SearchEvents>;
  /** What the journal says of an outcome; `began` is a time of `performance.now()`. */
  readonly describe: (candidate: Candidate, outcome: EvaluationOutcome, began: number) => Omit<EvaluationEntry, 'type'>;
}

/**
 * Trains a genome from scratch on all training images, `repeats` times; what the journal holds is not trained again.
 *
 * @returns those that failed too.
 * @throws {EvaluationError} `cancelled` if the signal is aborted.
 */
export async function trainFinals(
  training: FinalTraining,
  genome: string,
  signal: AbortSignal | undefined,
): Promise<readonly FinalEntry[]> {
  const repeats = Array.from({ length: training.run.config.repeats }, (_, index) => index + 1);
  const train = (repeat: number, cancelled: AbortSignal) => trainFinal(training, genome, repeat, cancelled);
  return mapConcurrently(repeats, training.evaluator.concurrency, train, signal);
}

async function trainFinal(
  { run, evaluator, tasks, events, describe }: FinalTraining,
  genome: string,
  repeat: number,
  signal: AbortSignal,
): Promise<FinalEntry> {
  const { folder, entries, journal, config } = run;
  const { id, task } = finalTask(genome, tasks, repeat);
  const done = entries.findLast((entry): entry is FinalEntry => entry.type === 'final' && entry.id === id);
  if (done !== undefined && (done.failure !== undefined || existsSync(folder.checkpoint(id)))) return done;
  const candidate = { id, genome };
  events.emit('finalStart', { ...candidate, repeat });
  const began = performance.now();
  const outcome = await evaluator.evaluate(task, {
    signal,
    onProgress: (progress) => events.emit('finalProgress', { ...candidate, progress }),
  });
  const { fitness: _, ...described } = describe(candidate, outcome, began);
  const entry: FinalEntry = { type: 'final', ...described };
  journal.append(entry);
  events.emit('final', entry);
  if (entry.failure !== undefined) {
    const which = config.repeats === 1 ? 'the final training' : `final training ${repeat} of ${config.repeats}`;
    const instead =
      config.genome === undefined && config.repeats === 1 ? '; the model has the weights of the search' : '';
    events.emit('notice', `${which} failed (${entry.failure.message})${instead}`);
  }
  return entry;
}
