// Writes what a search reports as event files for TensorBoard: a folder a candidate, one for the search, one for each
// final training. Nothing depends on them: the first that cannot be written ends the log with a notice, not the search.

import { join } from 'node:path';
import type { SearchConfig } from '../config/config.ts';
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
  /** Where the event files go. */
  readonly folder: string;
  readonly config: SearchConfig;
  readonly costOf: (genome: string) => { readonly parameters: number; readonly flops: number };
  /** Seconds since 1970; a test may have another clock. */
  readonly now?: () => number;
}

const METRICS = [
  { tag: 'fitness', displayName: 'fitness' },
  { tag: 'epoch/validation_accuracy', displayName: 'validation accuracy' },
];
/** Longest genome in the name of a folder. */
const SHOWN_GENOME = 40;

/** Listens to a search from now on. */
export function logForTensorBoard(search: SearchEmitter, options: SearchLogOptions): void {
  const log = new SearchLog(options);
  let failed = false;
  /** A listener for as long as the files can be written. */
  function whileWritten<Event extends unknown[]>(listener: (...event: Event) => void): (...event: Event) => void {
    return (...event) => {
      if (failed) return;
      try {
        listener(...event);
      } catch (error) {
        failed = true;
        const reason = error instanceof Error ? error.message : String(error);
        search.emit('notice', `TensorBoard is told no more of this search: ${reason} The search goes on.`);
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
  /** Those in training. */
  readonly #candidates = new Map<string, TrainingLog>();
  /** Of all candidates so far. */
  readonly #sessions = new Map<string, HyperParameters>();
  #search: EventFile | undefined;
  /** Final trainings. */
  readonly #finals = new Map<string, TrainingLog>();

  constructor(options: SearchLogOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => Date.now() / 1000);
  }

  /** What the journal answers has its file from when it was trained, unless that went elsewhere. */
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
    // A resumed search tells its generations from the first on.
    this.#search ??= EventFile.start(join(this.#options.folder, 'search'), wallTime);
    const mean = population.reduce((sum, { fitness }) => sum + fitness, 0) / population.length;
    const values = [scalar('fitness/best', best.fitness), scalar('fitness/mean', mean)];
    this.#search.append([{ wallTime, step: generation, values }]);
  }

  startFinal({ id, repeat }: FinalCandidate): void {
    const { folder, config } = this.#options;
    const place = config.repeats === 1 ? join(folder, 'final') : join(folder, 'final', String(repeat));
    this.#finals.set(id, new TrainingLog(place, this.#now()));
  }

  addFinalEpoch({ id, progress: { epoch, details } }: CandidateProgress): void {
    if (epoch !== undefined) this.#finals.get(id)?.addEpoch(epoch, details, this.#now());
  }

  endFinal({ id, history }: FinalEntry): void {
    this.#finals.get(id)?.addMissing(history, this.#now());
    this.#finals.delete(id);
  }

  /** A run that was done already has nothing new. */
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
