// Writes the events of a search as event files for TensorBoard: a folder per candidate, one for the search, one per final
// training. Nothing depends on these files: if one cannot be written, the log ends with a notice, but the search continues.

import { join } from 'node:path';
import type { SearchConfig } from '../config/config.ts';
import { trainingsOf } from '../config/views.ts';
import type {
  Candidate,
  CandidateProgress,
  FinalCandidate,
  GenerationEvent,
  SearchEmitter,
} from '../records/events.ts';
import type { EvaluationEntry, FinalEntry } from '../records/journal-entry.ts';
import { EventFile, eventFilesIn } from './event-file.ts';
import {
  experimentValue,
  flattenSettings,
  type HyperParameters,
  sessionEndValue,
  sessionStartValue,
} from './hyper-parameters.ts';
import { scalar, TrainingLog } from './training-log.ts';

export interface SearchLogOptions {
  /** Folder of the event files. */
  readonly folder: string;
  readonly config: SearchConfig;
  readonly costOf: (genome: string) => { readonly parameters: number; readonly flops: number };
  /** Returns seconds since 1970; tests may replace it. */
  readonly now?: () => number;
}

const METRICS = [
  { tag: 'fitness', displayName: 'fitness' },
  { tag: 'epoch/validation_accuracy', displayName: 'validation accuracy' },
];
/** Maximum length of a genome in a folder name. */
const SHOWN_GENOME = 40;

/** Starts listening to a search. */
export function logForTensorBoard(search: SearchEmitter, options: SearchLogOptions): void {
  const log = new SearchLog(options);
  let failed = false;
  /** Wraps a listener so that it stops once a file cannot be written. */
  function whileWritten<Event extends unknown[]>(listener: (...event: Event) => void): (...event: Event) => void {
    return (...event) => {
      if (failed) return;
      try {
        listener(...event);
      } catch (error) {
        failed = true;
        const reason = error instanceof Error ? error.message : String(error);
        search.emit('notice', `the TensorBoard log of this search ends here: ${reason} The search continues.`);
      }
    };
  }
  const on: SearchEmitter['on'] = search.on.bind(search);
  on(
    'generationStart',
    whileWritten(({ answered }) => log.addAnswered(answered)),
  );
  on(
    'evaluationStart',
    whileWritten((candidate) => log.startCandidate(candidate)),
  );
  on(
    'progress',
    whileWritten((event) => log.addCandidateEpoch(event)),
  );
  on(
    'evaluation',
    whileWritten((entry) => log.endCandidate(entry)),
  );
  on(
    'generation',
    whileWritten((event) => log.addGeneration(event)),
  );
  on(
    'finalStart',
    whileWritten((candidate) => log.startFinal(candidate)),
  );
  on(
    'finalProgress',
    whileWritten((event) => log.addFinalEpoch(event)),
  );
  on(
    'final',
    whileWritten((entry) => log.endFinal(entry)),
  );
  on(
    'end',
    whileWritten(() => log.end()),
  );
}

class SearchLog {
  readonly #options: SearchLogOptions;
  readonly #now: () => number;
  /** Logs of candidates in training, by id. */
  readonly #candidates = new Map<string, TrainingLog>();
  /** Hyper-parameters of all candidates so far, by id. */
  readonly #sessions = new Map<string, HyperParameters>();
  #search: EventFile | undefined;
  /** Logs of final trainings, by id. */
  readonly #finals = new Map<string, TrainingLog>();

  constructor(options: SearchLogOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => Date.now() / 1000);
  }

  /** Candidates answered by the journal already have a file from their training, unless it was written elsewhere. */
  addAnswered(entries: readonly EvaluationEntry[]): void {
    for (const entry of entries) {
      if (this.#sessions.has(entry.id)) continue;
      if (eventFilesIn(this.#folderOf(entry)).length === 0) this.endCandidate(entry);
      else this.#sessions.set(entry.id, this.#hyperParametersOf(entry));
    }
  }

  startCandidate(candidate: Candidate): TrainingLog {
    const { id } = candidate;
    const parameters = this.#hyperParametersOf(candidate);
    const begin = (wallTime: number) => [sessionStartValue(id, parameters, wallTime)];
    const log = new TrainingLog(this.#folderOf(candidate), this.#now(), begin);
    this.#sessions.set(id, parameters);
    this.#candidates.set(id, log);
    return log;
  }

  addCandidateEpoch({ id, progress: { epoch, details } }: CandidateProgress): void {
    if (epoch !== undefined) this.#candidates.get(id)?.addEpoch(epoch, details, this.#now());
  }

  endCandidate(entry: EvaluationEntry): void {
    const { id, history, bestEpoch, fitness, failure } = entry;
    const log = this.#candidates.get(id) ?? this.startCandidate(entry);
    this.#candidates.delete(id);
    const wallTime = this.#now();
    log.addMissing(history, wallTime);
    if (failure === undefined) log.add({ wallTime, step: bestEpoch, values: [scalar('fitness', fitness)] });
    const end = sessionEndValue(failure === undefined ? 'success' : 'failure', wallTime);
    log.add({ wallTime, step: history.length, values: [end] });
  }

  addGeneration({ generation, population, best }: GenerationEvent): void {
    const wallTime = this.#now();
    // A resumed search reports its generations again from the first one.
    this.#search ??= EventFile.start(join(this.#options.folder, 'search'), wallTime);
    const mean = population.reduce((sum, { fitness }) => sum + fitness, 0) / population.length;
    const values = [scalar('fitness/best', best.fitness), scalar('fitness/mean', mean)];
    this.#search.append([{ wallTime, step: generation, values }]);
  }

  startFinal({ id, repeat }: FinalCandidate): void {
    const { folder, config } = this.#options;
    const place = trainingsOf(config) === 1 ? join(folder, 'final') : join(folder, 'final', String(repeat));
    this.#finals.set(id, new TrainingLog(place, this.#now()));
  }

  addFinalEpoch({ id, progress: { epoch, details } }: CandidateProgress): void {
    if (epoch !== undefined) this.#finals.get(id)?.addEpoch(epoch, details, this.#now());
  }

  endFinal({ id, history }: FinalEntry): void {
    this.#finals.get(id)?.addMissing(history, this.#now());
    this.#finals.delete(id);
  }

  /** A run that was already finished adds nothing. */
  end(): void {
    const wallTime = this.#now();
    const values = [experimentValue([...this.#sessions.values()], METRICS, wallTime)];
    this.#search?.append([{ wallTime, step: 0, values }]);
  }

  #folderOf({ id, genome }: Candidate): string {
    return join(this.#options.folder, 'candidates', `${shorten(genome)}.${id}`);
  }

  #hyperParametersOf({ genome }: Candidate): HyperParameters {
    const { parameters, flops } = this.#options.costOf(genome);
    return { genome, parameters, flops, ...flattenSettings(this.#options.config.training) };
  }
}

function shorten(genome: string): string {
  const name = genome.replace(/[^A-Za-z0-9.-]+/g, '-') || 'empty';
  return name.slice(0, SHOWN_GENOME);
}
