// The search itself: asks the strategy, answers from the journal or the evaluator, trains the best, writes the model.

import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import type { Dataset } from '../data/set/dataset.ts';
import { EvaluationError, InterruptedError } from '../errors.ts';
import type { EvaluationProgress, Evaluator } from '../evaluation/evaluator.ts';
import type { EvaluationOutcome } from '../evaluation/task.ts';
import { describeParents } from '../evolution/lineage.ts';
import type { SearchStrategy } from '../evolution/strategy.ts';
import { estimateCost } from '../genome/cost.ts';
import type { Genome } from '../genome/genome.ts';
import { genomeId, parseGenome } from '../genome/text.ts';
import { endSeconds, finalEpochsWithin } from './budget/apply-budget.ts';
import { dataSizeOf } from './budget/candidate-work.ts';
import type { Replan } from './budget/replan.ts';
import { expectedWork, taskWork } from './budget/rung-sizes.ts';
import { evaluateWithin, longestEvaluation, replanWithin, searchDeadline } from './budget/time-guard.ts';
import { WorkAccount } from './budget/work-account.ts';
import { CandidateTasks } from './candidates/candidate-tasks.ts';
import { createStrategy, tellingCosts } from './candidates/create-strategy.ts';
import { evaluateInOrder, type OrderedSearch } from './candidates/evaluate-in-order.ts';
import type { IdentifiedTask, TaskSettings } from './candidates/identified-task.ts';
import { type Entrant, lastEntry, Race } from './candidates/race.ts';
import type { RunConfig } from './config/config.ts';
import { networkInputOf } from './config/network-input.ts';
import { costNamesOf } from './config/objectives.ts';
import { chooseNetwork } from './final/choose-network.ts';
import { type FinalTraining, trainFinals } from './final/final-training.ts';
import { finishRun, writeModel } from './final/finish-run.ts';
import type { Candidate, SearchEvents } from './records/events.ts';
import { costOf } from './records/front.ts';
import type { EvaluationEntry, FinalEntry } from './records/journal-entry.ts';
import { chooseRepeat } from './records/repeats.ts';
import type { SearchSummary } from './records/summary.ts';
import { readSummary } from './run/run-folder.ts';
import { type OpenRun, writeConfig } from './start-run.ts';
import { augmentationFor } from './winner/choose-augmentation.ts';
import { chooseWinner, type Winner } from './winner/choose-winner.ts';

export interface RunOptions {
  /** Interrupts the search; it can be resumed. */
  readonly signal?: AbortSignal;
}

/**
 * One search over one run folder. It replays what the journal holds: the strategy runs again from its seed and is
 * answered from there, so a resumed search is the uninterrupted one.
 */
export class Search extends EventEmitter<SearchEvents> {
  readonly #evaluator: Evaluator;
  readonly #known: Map<string, EvaluationEntry>;
  readonly #finals: FinalEntry[];
  readonly #account: WorkAccount;
  /** Of the tasks that this search may have, on all rungs. */
  readonly #taskIds = new Set<string>();
  readonly #candidates: CandidateTasks;
  #run: OpenRun;
  #tasks: TaskSettings;
  #cacheHits = 0;
  #generations = 0;

  constructor(run: OpenRun, evaluator: Evaluator) {
    super();
    this.#run = run;
    this.#evaluator = evaluator;
    this.#tasks = taskSettingsOf(run);
    this.#account = new WorkAccount(run.config.searchWork);
    const evaluations = run.entries.filter((entry) => entry.type === 'evaluation');
    this.#known = new Map(evaluations.map((entry) => [entry.id, entry]));
    this.#candidates = new CandidateTasks(this.#tasks, dataSizeOf(run.config, run.dataset), this.#known);
    this.#finals = run.entries.filter((entry) => entry.type === 'final');
    this.on('final', (entry) => this.#finals.push(entry));
  }

  /** Absolute path of the run folder. */
  get folder(): string {
    return this.#run.folder.path;
  }

  /**
   * Runs to the end: search (unless the configuration names a genome), final training, one scoring of the test set. A run
   * that is done already gives its summary: the test set is not looked at again.
   *
   * @throws {InterruptedError} if the signal is aborted: the journal is complete up to there, and `model.onnx` is the best
   *   network so far: of the final trainings that are done, else of the candidates.
   * @throws {JournalError} if the journal cannot be written, {EvaluationError} if every candidate failed.
   */
  async run({ signal }: RunOptions = {}): Promise<SearchSummary> {
    const { folder, config, dataset, entries, notices } = this.#run;
    const journalled = entries.filter((entry) => entry.type === 'evaluation').length;
    const elapsedSeconds = this.#elapsedSeconds();
    const described = describeDataset(dataset);
    this.emit('start', { folder: folder.path, config, dataset: described, journalled, elapsedSeconds, notices });
    try {
      const done = readSummary(folder);
      if (done !== undefined) {
        this.emit('end', done);
        return done;
      }
      const winner = await this.#findWinner(signal);
      const { evaluation, front } = winner;
      const searchSeconds = evaluation === undefined ? 0 : this.#elapsedSeconds();
      await this.#decideAugmentation(winner, signal);
      const replan = await this.#decideFinal(winner);
      const tried = await trainFinals(this.#training(replan), winner.genome, signal);
      const chosen = chooseNetwork(winner, tried, folder.checkpoint);
      const finals = tried.filter(({ failure }) => failure === undefined);
      const finalsBegan = Math.min(...finals.map(({ elapsedSeconds, seconds }) => elapsedSeconds - seconds));
      const finalsEnded = Math.max(...finals.map(({ elapsedSeconds }) => elapsedSeconds));
      const summary = await finishRun(
        this.#run,
        { chosen, finals, evaluation, front },
        {
          evaluations: this.#account.admitted,
          failures: this.#count(({ failure }) => failure !== undefined),
          cacheHits: this.#cacheHits,
          reused: this.#count(isReused),
          generations: config.strategy === 'random' ? 0 : this.#generations,
          searchWork: this.#account.spent,
          searchSeconds: roundSeconds(Math.max(0, Math.min(searchSeconds, finalsBegan))),
          finalTrainingSeconds: finals.length === 0 ? 0 : roundSeconds(finalsEnded - finalsBegan),
          elapsedSeconds: () => this.#elapsedSeconds(),
          dataset: described,
        },
      );
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
    const { config, dataset } = this.#run;
    const strategy = tellingCosts(createStrategy(config, networkInputOf(config, dataset)), (genome) =>
      this.#costsOf(genome),
    );
    const race = new Race(config, this.#known);
    const search: OrderedSearch<IdentifiedTask, Entrant> = {
      strategy,
      concurrency: this.#evaluator.concurrency,
      plan: (genomes) => this.#plan(genomes, strategy, race),
      onLast: () => race.close(),
      next: (entrant) => race.next(entrant),
      // Where generations have no borders, nothing is gained, and results that are told late keep others from being asked for.
      ...(config.strategy === 'generational' && {
        workOf: ({ task }: IdentifiedTask) => taskWork(task, config, dataSizeOf(config, dataset)),
      }),
      train: async (task, cancelled) => {
        await this.#evaluate(task, strategy, cancelled);
        race.learn(task.task.genome);
      },
      onGeneration: (generation) => this.#reportGeneration(generation, strategy),
    };
    const untold = await evaluateInOrder(search, signal, searchDeadline(config, this.#elapsedSeconds()));
    if (untold[0] !== undefined) await this.#endBefore(untold[0].name);
    this.#account.refund(this.#candidates.settle(race.before(untold[0]?.number)));
    this.#generations = Math.max(0, strategy.generation - 1);
    const best = strategy.best;
    const entry = best && lastEntry(this.#candidates.of(genomeId(best.genome)), this.#known);
    if (entry === undefined) {
      throw new EvaluationError(
        'error',
        `every candidate failed, the first with: ${firstFailure(this.#known)}; try a smaller learning rate, other channels or a longer time-out`,
      );
    }
    return entry;
  }

  /** The tasks of genomes that the strategy asked for, as far as there is work left for them. */
  #plan(genomes: readonly Genome[], strategy: SearchStrategy, race: Race): readonly Entrant[] {
    const answered = new Map<string, EvaluationEntry>();
    const planned: Entrant[] = [];
    let pending = 0;
    for (const genome of genomes) {
      const name = genomeId(genome);
      const isNew = !this.#account.has(name);
      this.#account.refund(this.#candidates.settle(race.settled()));
      if (!this.#account.admit(name, this.#expectedWorkOf(genome))) break;
      if (!isNew) this.#cacheHits++;
      const parents = strategy.parentsOf?.(genome).map((parent) => race.trained(parent));
      const tasks = this.#candidates.enter(name, parents);
      for (const { id } of tasks) this.#taskIds.add(id);
      const entry = lastEntry(tasks, this.#known) ?? this.#known.get(tasks[0]?.id ?? '');
      if (entry !== undefined) answered.set(name, entry);
      else if (isNew) pending++;
      planned.push(race.enter(genome, tasks));
    }
    if (planned.length === 0) return planned;
    this.emit('generationStart', {
      generation: strategy.generation,
      genomes: planned.map(({ name }) => name),
      pending,
      answered: [...answered.values()],
    });
    return planned;
  }

  /** The clock ended the search: it would end there without a clock, too, with a limit that is written down. */
  async #endBefore(genome: string): Promise<void> {
    await this.#adopt({ ...this.#run.config, searchWork: this.#account.endBefore(genome) });
    this.emit('notice', 'the search was slower than expected and was ended for the final training to have its time');
  }

  /** What the data will bear, found out with the winner, if the configuration leaves it to that. */
  async #decideAugmentation({ genome, evaluation }: Winner, signal: AbortSignal | undefined): Promise<void> {
    const { config } = this.#run;
    if (config.finalTraining.augmentation !== 'auto') return;
    const tasks = evaluation === undefined ? [] : this.#candidates.of(genome);
    const entry = lastEntry(tasks, this.#known);
    const task = tasks.find(({ id }) => id === entry?.id);
    const augmentation = task && (await augmentationFor(this.#run, task, this.#evaluator, signal));
    await this.#adopt({ ...config, finalTraining: { ...config.finalTraining, augmentation } });
  }

  /**
   * What the budget left open until now: the size of the final training.
   *
   * @returns how it keeps to the time. It has no say if the size is given, as it is to a repetition of another run.
   */
  async #decideFinal({ genome, evaluation }: Winner): Promise<Replan | undefined> {
    const { undecided, ...config } = this.#run.config;
    const { dataset, entries } = this.#run;
    const elapsedSeconds = () => this.#elapsedSeconds();
    const replan = replanWithin(config, elapsedSeconds, endSeconds(config, dataset, genome));
    if (undecided === undefined) return entries.some(({ type }) => type === 'plan') ? replan : undefined;
    const spent = {
      elapsedSeconds: this.#elapsedSeconds(),
      work: this.#account.spent,
      workers: this.#evaluator.concurrency,
    };
    const finalEpochs = finalEpochsWithin(config, dataset, genome, evaluation, spent);
    await this.#adopt({ ...config, finalEpochs });
    return replan;
  }

  /** Goes on with a configuration that says more than before. */
  async #adopt(config: RunConfig): Promise<void> {
    this.#run = { ...this.#run, config };
    this.#tasks = taskSettingsOf(this.#run);
    await writeConfig(this.#run.folder, config);
    this.emit('config', config);
  }

  async #evaluate({ id, task }: IdentifiedTask, strategy: SearchStrategy, signal: AbortSignal): Promise<void> {
    const candidate = { id, genome: task.genome, ...describeParents(strategy, parseGenome(task.genome)) };
    this.emit('evaluationStart', candidate);
    const began = performance.now();
    const onProgress = (progress: EvaluationProgress) => this.emit('progress', { ...candidate, progress });
    const { config, dataset } = this.#run;
    const data = dataSizeOf(config, dataset);
    const longest = longestEvaluation(config, taskWork(task, config, data));
    const outcome = await evaluateWithin(longest, signal, (either) =>
      this.#evaluator.evaluate(task, { signal: either, onProgress }),
    );
    const work = taskWork(task, config, data, outcome);
    const entry: EvaluationEntry = { type: 'evaluation', ...this.#describe(candidate, outcome, began), work };
    this.#run.journal.append(entry);
    this.#known.set(id, entry);
    this.emit('evaluation', entry);
  }

  /** The best of a search, or the genome that is to be trained without one. */
  async #findWinner(signal: AbortSignal | undefined): Promise<Winner> {
    const { genome } = this.#run.config;
    if (genome !== undefined) return { genome, evaluation: undefined };
    const fittest = await this.#search(signal);
    const evaluations = this.#ownEvaluations();
    const comparable = evaluations.filter(
      ({ id, genome, failure, stopped }) =>
        failure === undefined && !stopped && id === this.#candidates.of(genome).at(-1)?.id,
    );
    return chooseWinner({ fittest, evaluations, comparable }, this.#training(), signal);
  }

  /** As the strategy is told them, after the evaluation. */
  #costsOf(genome: Genome): readonly number[] {
    const names = costNamesOf(this.#run.config);
    if (names.length === 0) return [];
    const entry = lastEntry(this.#candidates.of(genomeId(genome)), this.#known);
    return names.map((name) => (entry ? costOf(entry, name) : Number.POSITIVE_INFINITY));
  }

  #training(replan?: Replan): FinalTraining {
    return {
      run: this.#run,
      evaluator: this.#evaluator,
      tasks: this.#tasks,
      events: this,
      ...(replan && { replan }),
      elapsedSeconds: () => this.#elapsedSeconds(),
      describe: (candidate, outcome, began) => this.#describe(candidate, outcome, began),
    };
  }

  #describe(candidate: Candidate, outcome: EvaluationOutcome, began: number): Omit<EvaluationEntry, 'type'> {
    const problem = networkInputOf(this.#run.config, this.#run.dataset);
    const { parameters, flops } = estimateCost(parseGenome(candidate.genome), problem);
    const seconds = roundSeconds((performance.now() - began) / 1000);
    return { ...candidate, ...outcome, parameters, flops, seconds, elapsedSeconds: this.#elapsedSeconds() };
  }

  #reportGeneration(generation: number, { population, best }: SearchStrategy): void {
    if (best === undefined) return;
    const name = ({ genome, fitness }: { genome: Genome; fitness: number }) => ({ genome: genomeId(genome), fitness });
    const { generations } = this.#run.config;
    this.emit('generation', { generation, generations, population: population.map(name), best: name(best) });
  }

  #elapsedSeconds(): number {
    const before = this.#run.entries.at(-1)?.elapsedSeconds ?? 0;
    return roundSeconds(before + (performance.now() - this.#run.startedAt) / 1000);
  }

  #expectedWorkOf(genome: Genome): number {
    const { config, dataset } = this.#run;
    const data = dataSizeOf(config, dataset);
    return expectedWork(config, data, estimateCost(genome, data.problem));
  }

  #ownEvaluations(): EvaluationEntry[] {
    return [...this.#known.values()].filter((entry) => this.#isOwn(entry));
  }

  #isOwn({ id, genome }: EvaluationEntry): boolean {
    return this.#account.has(genome) && this.#taskIds.has(id);
  }

  /** Genomes that this search asked for, by what came of them. */
  #count(matches: (entry: EvaluationEntry) => boolean): number {
    const matching = this.#ownEvaluations().filter(matches);
    return new Set(matching.map(({ genome }) => genome)).size;
  }

  async #interrupted(cause: EvaluationError): Promise<InterruptedError> {
    const { folder } = this.#run;
    const hasWeights = ({ id, failure }: EvaluationEntry | FinalEntry): boolean =>
      failure === undefined && existsSync(folder.checkpoint(id));
    const candidate = [...this.#known.values()]
      .filter(hasWeights)
      .reduce<EvaluationEntry | undefined>((a, b) => (a === undefined || b.fitness > a.fitness ? b : a), undefined);
    const final = chooseRepeat(this.#finals.filter(hasWeights));
    const chosen = final ?? candidate;
    if (chosen !== undefined) await writeModel(this.#run, chosen.genome, chosen.id);
    const best = chosen && { genome: chosen.genome, ...(chosen === candidate && { fitness: candidate.fitness }) };
    return new InterruptedError(`the search in ${folder.path} was interrupted; nothing that was finished is lost`, {
      cause,
      details: { path: folder.path, ...(best && { best }) },
    });
  }
}

function taskSettingsOf({ config, packedPath, dataset, folder }: OpenRun): TaskSettings {
  const { fingerprint } = dataset;
  return { config, dataset: { path: packedPath, fingerprint }, checkpoint: folder.checkpoint };
}

function describeDataset(dataset: Dataset): SearchSummary['dataset'] {
  const { name, fingerprint, train, test, classes, shape } = dataset;
  return { name, fingerprint, trainExamples: train.count, testExamples: test.count, classes, shape };
}

function isReused({ cached, imported }: Pick<EvaluationEntry, 'cached' | 'imported'>): boolean {
  return cached === true || imported === true;
}

function firstFailure(known: ReadonlyMap<string, EvaluationEntry>): string {
  return [...known.values()].find((entry) => entry.failure !== undefined)?.failure?.message ?? 'no candidate';
}

function roundSeconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
