// Runs several calls concurrently and returns their results in order.

export interface ConcurrencyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each item. */
  readonly onDone?: (() => void) | undefined;
}

/**
 * Maps items with a bounded number of concurrent calls. After a failure, no new call starts. The failure of the first item
 * in order is thrown, so the same input gives the same error regardless of timing.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  map: (item: T) => Promise<R>,
  { signal, onDone }: ConcurrencyOptions = {},
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  const failures: { readonly index: number; readonly error: unknown }[] = [];
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failures.length > 0 || signal?.aborted) return;
      try {
        results[index] = await map(item);
      } catch (error) {
        failures.push({ index, error });
      }
      onDone?.();
    }
  };
  await Promise.all(Array.from({ length: CALLS_UNDER_WAY }, work));
  signal?.throwIfAborted();
  const [first] = failures.sort((a, b) => a.index - b.index);
  if (first !== undefined) throw first.error;
  return results;
}

/** The size of Node.js' thread pool, which reads files and decodes images. */
const CALLS_UNDER_WAY = 4;

/**
 * Calls `work` for each item in order, at most `concurrency` at a time. Results are in the order of the items.
 *
 * @throws the first rejection of `work`, after all running calls have been cancelled or have ended.
 */
export async function mapCancelling<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<readonly Result[]> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const results: Result[] = [];
  // All workers share one iterator, so each takes the next free item.
  const queue = items.entries();
  const takeTurns = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (stop.signal.aborted) return;
      results[index] = await work(item, either);
    }
  };
  const workers = Array.from({ length: Math.min(concurrency, items.length) }, takeTurns);
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(workers);
    throw error;
  }
  return results;
}

/** A promise with what settles it: `Promise.withResolvers`, which Node.js 20 does not have. */
export function withResolvers<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve, reject };
}
