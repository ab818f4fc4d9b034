// The library's main class: a search with the options of the Python package, from data to the best network.

import { datasetFromArrays } from '../../data/build/from-arrays.ts';
import { loadDataset } from '../../data/load-dataset.ts';
import type { Dataset } from '../../data/set/dataset.ts';
import { InterruptedError, InvalidInputError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { fileStorage } from '../../files/file-storage.ts';
import type { Callback, EvaluationStopper } from '../callbacks/callback.ts';
import { CallbackEvaluator } from '../callbacks/callback-evaluator.ts';
import { CallbackQueue } from '../callbacks/callback-queue.ts';
import { followWithCallbacks } from '../callbacks/follow-search.ts';
import { scheduleOf } from '../callbacks/learning-rate-scheduler.ts';
import type { SearchConfig, SearchConfigInput } from '../config/config.ts';
import { createSearch, poolFor } from '../create-search.ts';
import type { SearchSummary } from '../records/summary.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import type { Search } from '../search.ts';
import { type AutoCnnOptions, placeOfOption, toSearchConfig } from './auto-cnn-options.ts';
import { TrainedCnn } from './trained-cnn.ts';

/** A search with the options of the Python package: from data to the best network, trained. */
export class AutoCNN {
  readonly #options: AutoCnnOptions;
  readonly #input: SearchConfigInput;
  readonly #config: SearchConfig;

  /** @throws {InvalidInputError} naming the option, the constraint, what was received and the cure. */
  constructor(options: AutoCnnOptions) {
    this.#options = options;
    const input = toSearchConfig(options);
    this.#config = resolveConfig(input, placeOfOption);
    this.#input = withScheduler(input, this.#config, options.extraCallbacks);
  }

  /**
   * The network of a run that is done. If it was interrupted, the best of its search so far.
   *
   * @throws {InvalidInputError} if the folder is no run or has no network yet.
   */
  static load(runFolder: string): Promise<TrainedCnn> {
    return TrainedCnn.open(runFolder);
  }

  /**
   * Searches, trains the best network on all training images and scores it on the test images; each call in a run folder
   * of its own, unless `out` names one.
   *
   * @throws {InvalidInputError} if data and options do not fit; {InterruptedError} if the signal is aborted, or a callback
   *   stopped the search before any candidate was trained; {EvaluationError} if every candidate failed.
   */
  async run(): Promise<TrainedCnn> {
    const { signal, extraCallbacks = [], evaluator } = this.#options;
    const dataset = await this.#loadDataset();
    const notices = [...dataset.notes];
    const report = (notice: string): void => {
      search.emit('notice', notice);
      process.emitWarning(notice, 'AutoCnnWarning');
    };
    const queue = new CallbackQueue(extraCallbacks, report);
    let gate: CallbackEvaluator | undefined;
    const search = await this.#createSearch(dataset, evaluator ?? poolFor(this.#config), (inner) => {
      gate = new CallbackEvaluator(inner, queue, fileStorage);
      return gate;
    });
    search.on('notice', (notice) => notices.push(notice));
    const stop = new AbortController();
    const stopper: EvaluationStopper = { stop: (id, afterEpoch) => gate?.stop(id, afterEpoch) };
    followWithCallbacks(search, queue, stopper, () => stop.abort());
    const summary = await runUntilStopped(search, stop.signal, signal);
    const { folder } = search;
    queue.call('onSearchEnd', (callback) => callback.onSearchEnd?.({ folder, summary }));
    await queue.idle();
    return TrainedCnn.open(folder, dataset, notices);
  }

  async #loadDataset(): Promise<Dataset> {
    const { dataset, signal } = this.#options;
    if (typeof dataset === 'string') return loadDataset(dataset, { signal });
    return 'xTrain' in dataset ? datasetFromArrays(dataset) : dataset;
  }

  async #createSearch(
    dataset: Dataset,
    evaluator: Evaluator,
    wrapEvaluator: (inner: Evaluator) => Evaluator,
  ): Promise<Search> {
    const { out, signal, importFitness } = this.#options;
    const options = {
      dataset,
      evaluator,
      wrapEvaluator,
      configSource: placeOfOption,
      ...(out !== undefined && { out }),
      ...(importFitness !== undefined && { importFitness }),
    };
    try {
      return await createSearch(this.#input, { ...options, ...(signal && { signal }) });
    } catch (error) {
      await evaluator.close();
      throw error;
    }
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

/** @returns undefined if it was stopped by a callback and there is a network to give. */
async function runUntilStopped(
  search: Search,
  stop: AbortSignal,
  signal: AbortSignal | undefined,
): Promise<SearchSummary | undefined> {
  try {
    return await search.run({ signal: signal ? AbortSignal.any([signal, stop]) : stop });
  } catch (error) {
    const hasNetwork = error instanceof InterruptedError && error.details.best !== undefined;
    if (!hasNetwork || !stop.aborted || signal?.aborted) throw error;
    return undefined;
  }
}
