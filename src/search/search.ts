// The search itself: asks the strategy, answers from the journal or the evaluator, trains the best, writes the model.

import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import type { Dataset } from '../data/dataset.ts';
import { EvaluationError, InterruptedError } from '../errors.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { EvaluationOutcome } from '../evaluation/task.ts';
import type { SearchStrategy } from '../evolution/strategy.ts';
import { estimateCost } from '../genome/cost.ts';
import type { Genome } from '../genome/genome.ts';
import { genomeId, parseGenome } from '../genome/text.ts';
import { evaluateInOrder, type OrderedSearch, type PlannedTask } from './evaluate-in-order.ts';
import type { SearchEvents } from './events.ts';
import { finishRun, writeModel } from './finish-run.ts';
import type { EvaluationEntry, FinalEntry } from './journal.ts';
import { networkInputOf } from './network-input.ts';
import type { OpenRun } from './open-run.ts';
import { readSummary } from './run-folder.ts';
import { createStrategy } from './strategies.ts';
import type { SearchSummary } from './summary.ts';
import { candidateTask, finalTask, type IdentifiedTask, type TaskSettings } from './tasks.ts';

export interface RunOptions {
  /** Interrupts the search; it can be resumed. */
  readonly signal?: AbortSignal;
}

/**
 * One search over one run folder. It replays what the journal holds: the strategy runs again from its seed and is
 * answered from there, so a resumed search is the uninterrupted one.
 */
export class Search extends EventEmitter<SearchEvents> {
  readonly #run: OpenRun;
  readonly #evaluator: Evaluator;
  readonly #strategy: SearchStrategy;
  readonly #tasks: TaskSettings;
  readonly #known: Map<string, EvaluationEntry>;
  readonly #asked = new Set<string>();
  readonly #startedAt = performance.now();
  #cacheHits = 0;

  constructor(run: OpenRun, evaluator: Evaluator) {
    super();
    this.#run = run;
    this.#evaluator = evaluator;
    this.#strategy = createStrategy(run.config, networkInputOf(run.config, run.dataset));
    this.#tasks = {
      config: run.config,
      dataset: { path: run.packedPath, fingerprint: run.dataset.fingerprint },
      checkpoint: run.folder.checkpoint,
    };
    const evaluations = run.entries.filter((entry) => entry.type === 'evaluation');
    this.#known = new Map(evaluations.map((entry) => [entry.id, entry]));
  }

  /** Absolute path of the run folder. */
  get folder(): string {
    return this.#run.folder.path;
  }

  /**
   * Runs to the end: search, final training, one scoring of the test set. A run that is done already gives its summary:
   * the test set is not looked at again.
   *
   * @throws {InterruptedError} if the signal is aborted: the journal is complete up to there, and `model.onnx` is the best
   *   candidate so far.
   * @throws {JournalError} if the journal cannot be written, {EvaluationError} if every candidate failed.
   */
  async run({ signal }: RunOptions = {}): Promise<SearchSummary> {
    const { folder, config, dataset, entries, notices } = this.#run;
    const journalled = entries.filter((entry) => entry.type === 'evaluation').length;
    this.emit('start', { folder: folder.path, config, dataset: describeDataset(dataset), journalled, notices });
    try {
      const done = readSummary(folder);
      if (done !== undefined) {
        this.emit('end', done);
        return done;
      }
      const best = await this.#search(signal);
      const searchSeconds = this.#elapsedSeconds();
      const final = await this.#trainFinal(best, signal);
      if (final === undefined) this.#requireWeights(best);
      const summary = await finishRun(this.#run, best, final, {
        evaluations: this.#asked.size,
        failures: [...this.#known.values()].filter((entry) => entry.failure !== undefined).length,
        cacheHits: this.#cacheHits,
        generations: config.strategy === 'random' ? 0 : config.generations,
        searchSeconds:
          final === undefined ? searchSeconds : Math.min(searchSeconds, final.elapsedSeconds - final.seconds),
        elapsedSeconds: () => this.#elapsedSeconds(),
        dataset: describeDataset(dataset),
      });
      this.emit('end', summary);
      return summary;
    } catch (error) {
      if (error instanceof EvaluationError && error.reason === 'cancelled') throw await this.#interrupted(error);
      throw error;
    } finally {
      await this.close();
    }
  }

  /** Ends the child processes and gives the run folder up; `run` does it by itself. */
  async close(): Promise<void> {
    await this.#evaluator.close();
    this.#run.close();
  }

  async #search(signal: AbortSignal | undefined): Promise<EvaluationEntry> {
    const strategy = this.#strategy;
    const search: OrderedSearch<IdentifiedTask> = {
      strategy,
      concurrency: this.#evaluator.concurrency,
      plan: (genomes) => this.#plan(genomes),
      fitnessOf: (id) => this.#known.get(id)?.fitness,
      train: (task, cancelled) => this.#evaluate(task, cancelled),
      onGeneration: (generation) => this.#reportGeneration(generation),
    };
    await evaluateInOrder(search, signal);
    const best = strategy.best;
    const entry = best && this.#known.get(this.#taskOf(best.genome).id);
    if (entry === undefined || entry.failure !== undefined) {
      throw new EvaluationError(
        'error',
        `every candidate failed, the first with: ${firstFailure(this.#known)}; try a smaller learning rate, other channels or a longer time-out`,
      );
    }
    return entry;
  }

  /** The tasks of genomes that the strategy asked for. */
  #plan(genomes: readonly Genome[]): readonly PlannedTask<IdentifiedTask>[] {
    const answered = new Map<string, EvaluationEntry>();
    const planned = genomes.map((genome) => {
      const task = this.#taskOf(genome);
      const entry = this.#known.get(task.id);
      if (entry !== undefined) answered.set(task.id, entry);
      const isRepeated = this.#asked.has(task.id);
      if (isRepeated) this.#cacheHits++;
      this.#asked.add(task.id);
      return { genome, task, isNew: entry === undefined && !isRepeated };
    });
    this.emit('generationStart', {
      generation: this.#strategy.generation,
      genomes: planned.map(({ task }) => task.task.genome),
      pending: planned.filter(({ isNew }) => isNew).length,
      answered: [...answered.values()],
    });
    return planned;
  }

  async #evaluate({ id, task }: IdentifiedTask, signal: AbortSignal): Promise<void> {
    const candidate = { id, genome: task.genome };
    this.emit('evaluationStart', candidate);
    const began = performance.now();
    const outcome = await this.#evaluator.evaluate(task, {
      signal,
      onProgress: (progress) => this.emit('progress', { ...candidate, progress }),
    });
    const entry: EvaluationEntry = { type: 'evaluation', ...this.#describe(candidate, outcome, began) };
    this.#run.journal.append(entry);
    this.#known.set(id, entry);
    this.emit('evaluation', entry);
  }

  /** Trains the winner on all training images; undefined if that fails, then its weights from the search serve. */
  async #trainFinal(best: EvaluationEntry, signal: AbortSignal | undefined): Promise<FinalEntry | undefined> {
    const { folder, entries, journal } = this.#run;
    const { id, task } = finalTask(best.genome, this.#tasks);
    const done = entries.find((entry): entry is FinalEntry => entry.type === 'final' && entry.id === id);
    if (done !== undefined && (done.failure !== undefined || existsSync(folder.checkpoint(id)))) {
      return done.failure === undefined ? done : undefined;
    }
    const candidate = { id, genome: best.genome };
    this.emit('finalStart', candidate);
    const began = performance.now();
    const outcome = await this.#evaluator.evaluate(task, {
      ...(signal && { signal }),
      onProgress: (progress) => this.emit('finalProgress', { ...candidate, progress }),
    });
    const { fitness: _, ...described } = this.#describe(candidate, outcome, began);
    const entry: FinalEntry = { type: 'final', ...described };
    journal.append(entry);
    this.emit('final', entry);
    if (entry.failure === undefined) return entry;
    this.emit(
      'notice',
      `the final training failed (${entry.failure.message}); the model has the weights of the search`,
    );
    return undefined;
  }

  /** A candidate that a callback stopped was not there to write them. */
  #requireWeights({ id, genome }: EvaluationEntry): void {
    const path = this.#run.folder.checkpoint(id);
    if (existsSync(path)) return;
    throw new EvaluationError(
      'error',
      `the final training of the best candidate failed, and there are no weights of it from the search (${path}); train ${genome} anew with other settings`,
      { details: { genome, path } },
    );
  }

  #describe(
    { id, genome }: { readonly id: string; readonly genome: string },
    outcome: EvaluationOutcome,
    began: number,
  ): Omit<EvaluationEntry, 'type'> {
    const { parameters, flops } = estimateCost(
      parseGenome(genome),
      networkInputOf(this.#run.config, this.#run.dataset),
    );
    const seconds = roundSeconds((performance.now() - began) / 1000);
    return { id, genome, ...outcome, parameters, flops, seconds, elapsedSeconds: this.#elapsedSeconds() };
  }

  #taskOf(genome: Genome): IdentifiedTask {
    return candidateTask(genomeId(genome), this.#tasks);
  }

  #reportGeneration(generation: number): void {
    const { population, best } = this.#strategy;
    if (best === undefined) return;
    const name = ({ genome, fitness }: { genome: Genome; fitness: number }) => ({ genome: genomeId(genome), fitness });
    const { generations } = this.#run.config;
    this.emit('generation', { generation, generations, population: population.map(name), best: name(best) });
  }

  #elapsedSeconds(): number {
    const before = this.#run.entries.at(-1)?.elapsedSeconds ?? 0;
    return roundSeconds(before + (performance.now() - this.#startedAt) / 1000);
  }

  async #interrupted(cause: EvaluationError): Promise<InterruptedError> {
    const { folder } = this.#run;
    const candidates = [...this.#known.values()].filter(
      (entry) => entry.failure === undefined && existsSync(folder.checkpoint(entry.id)),
    );
    const best = candidates.reduce<EvaluationEntry | undefined>(
      (a, b) => (a === undefined || b.fitness > a.fitness ? b : a),
      undefined,
    );
    if (best !== undefined) await writeModel(this.#run, best.genome, best.id);
    return new InterruptedError(`the search in ${folder.path} was interrupted; nothing that was finished is lost`, {
      cause,
      details: { path: folder.path, ...(best && { best: { genome: best.genome, fitness: best.fitness } }) },
    });
  }
}

function describeDataset(dataset: Dataset): SearchSummary['dataset'] {
  const { name, fingerprint, train, test, classes, shape } = dataset;
  return { name, fingerprint, trainExamples: train.count, testExamples: test.count, classes, shape };
}

function firstFailure(known: ReadonlyMap<string, EvaluationEntry>): string {
  return [...known.values()].find((entry) => entry.failure !== undefined)?.failure?.message ?? 'no candidate';
}

function roundSeconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
