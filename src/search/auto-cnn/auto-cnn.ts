// The library's main class: a search with the options of the Python package, from data to the best network.

import { type ArrayDataset, datasetFromArrays } from '../../data/build/from-arrays.ts';
import { loadDataset } from '../../data/load-dataset.ts';
import type { Dataset } from '../../data/set/dataset.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import type { SearchStrategy } from '../../evolution/strategy.ts';
import type { Callback } from '../callbacks/callback.ts';
import { scheduleOf } from '../callbacks/learning-rate-scheduler.ts';
import type { SearchConfig, SearchConfigInput } from '../config/config.ts';
import { type CreateSearchOptions, createSearch, resumeSearch } from '../create-search.ts';
import type { StrategyContext } from '../records/strategy-context.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { type AutoCnnOptions, placeOfOption, toSearchConfig } from './auto-cnn-options.ts';
import { checkResumeForms } from './option-forms.ts';
import { runToEnd } from './run-to-end.ts';
import { TrainedCnn } from './trained-cnn.ts';

/** Options of {@link AutoCNN.resume}. None of them changes the results of the run. */
export interface ResumeOptions {
  /** Called from here on; what the journal answers is not reported again. */
  readonly extraCallbacks?: readonly Callback[];
  /** The strategy of the run, if it was one of your own. */
  readonly strategy?: (context: StrategyContext) => SearchStrategy;
  /** The data of the run, for data that can be found neither at its source nor in the cache. */
  readonly dataset?: Dataset | ArrayDataset;
  /** Child processes that train candidates; as before unless given. */
  readonly workers?: number;
  /** Interrupts the run, which can then be resumed again. */
  readonly signal?: AbortSignal;
  /** Trains the candidates in place of the child processes; the run closes it. */
  readonly evaluator?: Evaluator;
  /** The queue whose workers train the candidates; see `AutoCnnOptions.queue`. */
  readonly queue?: NonNullable<CreateSearchOptions['queue']>;
}

/** A search with the options of the Python package: from data to the best network, trained. */
export class AutoCNN {
  readonly #options: AutoCnnOptions;
  readonly #input: SearchConfigInput;

  /** @throws {InvalidInputError} naming the option, the constraint, what was received and the cure. */
  constructor(options: AutoCnnOptions) {
    this.#options = options;
    const input = toSearchConfig(options);
    this.#input = withScheduler(input, resolveConfig(input, placeOfOption), options.extraCallbacks);
  }

  /**
   * The network of a finished run, or the best network so far of one that was interrupted.
   *
   * @throws {InvalidInputError} if the folder is not a run or has no network yet.
   */
  static load(runFolder: string): Promise<TrainedCnn> {
    return TrainedCnn.open(runFolder);
  }

  /**
   * Continues a run that was interrupted; the network is the one that the uninterrupted run would have given. A run that is
   * done gives its network. A `learningRateScheduler` among the callbacks changes nothing: the run keeps its first schedule.
   *
   * @throws {InvalidInputError} if the folder is not a run, its data has changed, or its strategy is missing; {JournalError} if
   *   its journal is damaged; {RunLockedError} if a living process works on it; and what {@link AutoCNN.run} throws.
   */
  static async resume(runFolder: string, options: ResumeOptions = {}): Promise<TrainedCnn> {
    checkResumeForms(options);
    const { extraCallbacks, strategy, dataset: given, workers, signal, evaluator, queue } = options;
    const dataset = given && ('xTrain' in given ? datasetFromArrays(given) : given);
    const opened = {
      ...(strategy && { createStrategy: strategy }),
      ...(dataset && { dataset }),
      ...(workers !== undefined && { workers }),
      ...(signal && { signal }),
      ...(evaluator && { evaluator }),
      ...(queue !== undefined && { queue }),
    };
    const open = (wrapEvaluator: (inner: Evaluator) => Evaluator) =>
      resumeSearch(runFolder, { ...opened, wrapEvaluator });
    return runToEnd(open, { callbacks: extraCallbacks, signal, evaluator, dataset });
  }

  /**
   * Searches, trains the best network on all training and validation images and scores it on the test images; each call in
   * a run folder of its own, unless `out` names one.
   *
   * @throws {InvalidInputError} if data and options do not fit; {InterruptedError} if the signal is aborted, or a callback
   *   stopped the search before any candidate was trained; {EvaluationError} if every candidate failed.
   */
  async run(): Promise<TrainedCnn> {
    const { out, signal, importFitness, extraCallbacks, evaluator, queue, strategy } = this.#options;
    const dataset = await this.#loadDataset();
    const opened = {
      ...(dataset && { dataset }),
      configSource: placeOfOption,
      ...(out !== undefined && { out }),
      ...(importFitness !== undefined && { importFitness }),
      ...(typeof strategy === 'function' && { createStrategy: strategy }),
      ...(signal && { signal }),
      ...(evaluator && { evaluator }),
      ...(queue !== undefined && { queue }),
    };
    const open = (wrapEvaluator: (inner: Evaluator) => Evaluator) =>
      createSearch(this.#input, { ...opened, wrapEvaluator });
    return runToEnd(open, { callbacks: extraCallbacks, signal, evaluator, dataset });
  }

  /** @returns undefined where the backbone decides how it is loaded. */
  async #loadDataset(): Promise<Dataset | undefined> {
    const { dataset, backbone, signal } = this.#options;
    if (typeof dataset === 'string') return backbone === undefined ? loadDataset(dataset, { signal }) : undefined;
    if ('xTrain' in dataset) return datasetFromArrays(dataset);
    if ('train' in dataset) return dataset;
    if (backbone !== undefined) return undefined;
    const { source, ...asked } = dataset;
    return loadDataset(source, { ...asked, signal });
  }
}

/** @param config  what the input resolves to. */
function withScheduler(
  input: SearchConfigInput,
  { training: { epochs, learningRate }, finalEpochs }: SearchConfig,
  callbacks: readonly Callback[] = [],
): SearchConfigInput {
  const schedule = scheduleOf(callbacks, { epochs: Math.max(epochs, finalEpochs), learningRate });
  if (schedule === undefined) return input;
  if (input.training?.schedule !== undefined) {
    throw new InvalidInputError(
      'settings.training.schedule and a learningRateScheduler among extraCallbacks both say the learning rate; give one',
    );
  }
  return { ...input, training: { ...input.training, schedule } };
}
