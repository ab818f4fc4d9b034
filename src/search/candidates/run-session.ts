// A run in progress: its configuration, which later decisions complete, its clock, and how it trains and records
// candidates.

import type { EvaluationProgress, Evaluator } from '../../evaluation/evaluator.ts';
import type { EvaluationOutcome } from '../../evaluation/task.ts';
import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import type { RunConfig } from '../config/config.ts';
import { membersOf, passesOf } from '../config/views.ts';
import type { Candidate, SearchEmitter } from '../records/events.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import { type OpenRun, writeConfig } from '../records/open-run.ts';
import { type IdentifiedTask, type TaskSettings, taskSettingsOf } from './identified-task.ts';

/** A journal entry without its type. */
type Described = Omit<EvaluationEntry, 'type'>;

export interface CandidateTraining {
  /** The genomes it was bred from. */
  readonly lineage?: Pick<Candidate, 'parents'>;
  /** Wraps the evaluation, for example in a time limit. */
  readonly within?: (evaluate: (signal: AbortSignal) => Promise<EvaluationOutcome>) => Promise<EvaluationOutcome>;
  /** Additional fields of its entry. */
  readonly further: (outcome: EvaluationOutcome) => Partial<EvaluationEntry>;
}

export class RunSession {
  readonly evaluator: Evaluator;
  readonly events: SearchEmitter;
  #run: OpenRun;

  constructor(run: OpenRun, evaluator: Evaluator, events: SearchEmitter) {
    this.#run = run;
    this.evaluator = evaluator;
    this.events = events;
  }

  get run(): OpenRun {
    return this.#run;
  }

  get config(): RunConfig {
    return this.#run.config;
  }

  get tasks(): TaskSettings {
    return taskSettingsOf(this.#run);
  }

  /** Time that the run has taken so far, over all its sessions. */
  readonly elapsedSeconds = (): number => {
    const before = this.#run.entries.at(-1)?.elapsedSeconds ?? 0;
    return roundSeconds(before + (performance.now() - this.#run.startedAt) / 1000);
  };

  /** Continues with a more complete configuration, and saves it. */
  async adopt(config: RunConfig): Promise<void> {
    this.#run = { ...this.#run, config };
    await writeConfig(this.#run);
    this.events.emit('config', config);
  }

  /**
   * Trains a candidate and writes the outcome to the journal.
   *
   * @throws {EvaluationError} `cancelled` if the signal is aborted; {JournalError} if the entry cannot be written.
   */
  async train(
    { id, task }: IdentifiedTask,
    { lineage, within = (evaluate) => evaluate(signal), further }: CandidateTraining,
    signal: AbortSignal,
  ): Promise<EvaluationEntry> {
    const candidate: Candidate = { id, genome: task.genome, ...lineage };
    this.events.emit('evaluationStart', candidate);
    const began = performance.now();
    const onProgress = (progress: EvaluationProgress) => this.events.emit('progress', { ...candidate, progress });
    const outcome = await within((either) => this.evaluator.evaluate(task, { signal: either, onProgress }));
    const entry: EvaluationEntry = {
      type: 'evaluation',
      ...this.describe(candidate, outcome, began),
      ...further(outcome),
    };
    this.#run.journal.append(entry);
    this.events.emit('evaluation', entry);
    return entry;
  }

  /**
   * The fields of an outcome's journal entry.
   *
   * @param began  start of the training, by `performance.now()`.
   */
  describe(candidate: Candidate, outcome: EvaluationOutcome, began: number): Described {
    const { parameters, flops } = estimateCost(parseGenome(candidate.genome), this.#run.problem);
    // With the fitness alone, figures are those of one look of one network, as how many looks there are may be decided at the end.
    const isCounted = this.config.objectives.length > 1;
    const passes = isCounted ? passesOf(this.config) : 1;
    const { latencyMs } = outcome;
    const costs = {
      parameters: isCounted ? membersOf(this.config) * parameters : parameters,
      flops: passes * flops,
      ...(latencyMs !== undefined && { latencyMs: passes * latencyMs }),
    };
    const seconds = roundSeconds((performance.now() - began) / 1000);
    return { ...candidate, ...outcome, ...costs, seconds, elapsedSeconds: this.elapsedSeconds() };
  }
}

export function roundSeconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
