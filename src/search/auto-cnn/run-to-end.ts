// Runs a search to its end, with callbacks, and gives the trained network.

import type { Dataset } from '../../data/set/dataset.ts';
import { InterruptedError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { fileStorage } from '../../files/file-storage.ts';
import type { Callback, EvaluationStopper } from '../callbacks/callback.ts';
import { CallbackEvaluator } from '../callbacks/callback-evaluator.ts';
import { CallbackQueue } from '../callbacks/callback-queue.ts';
import { followWithCallbacks } from '../callbacks/follow-search.ts';
import type { SearchSummary } from '../records/summary.ts';
import type { Search } from '../search.ts';
import { TrainedCnn } from './trained-cnn.ts';

export interface RunToEnd {
  readonly callbacks?: readonly Callback[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Closed if the search cannot be opened; else the search closes it. */
  readonly evaluator?: Evaluator | undefined;
  /** What the search runs on, if it is at hand. */
  readonly dataset?: Dataset | undefined;
}

/**
 * @param open  makes the search; it wraps the search's evaluator as it is told.
 * @throws {InterruptedError} if the signal is aborted, or a callback stopped the search before any candidate was trained.
 */
export async function runToEnd(
  open: (wrapEvaluator: (inner: Evaluator) => Evaluator) => Promise<Search>,
  { callbacks = [], signal, evaluator, dataset }: RunToEnd,
): Promise<TrainedCnn> {
  const notices: string[] = [];
  const report = (notice: string): void => {
    search.emit('notice', notice);
    process.emitWarning(notice, 'AutoCnnWarning');
  };
  const queue = new CallbackQueue(callbacks, report);
  let gate: CallbackEvaluator | undefined;
  const search = await closingOnFailure(evaluator, () =>
    open((inner) => {
      gate = new CallbackEvaluator(inner, queue, fileStorage);
      return gate;
    }),
  );
  search.on('start', (start) => notices.push(...start.notices));
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

async function closingOnFailure(evaluator: Evaluator | undefined, open: () => Promise<Search>): Promise<Search> {
  try {
    return await open();
  } catch (error) {
    await evaluator?.close();
    throw error;
  }
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
