// Several calls at a time, with results in order.

export interface ConcurrencyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each item. */
  readonly onDone?: (() => void) | undefined;
}

/**
 * Maps items with a bounded number of calls under way. After a failure no new call starts; the failure of the first item
 * in order is thrown, so that the same input gives the same error whatever finishes first.
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

/** As many as the threads that Node.js lends to files and images. */
const CALLS_UNDER_WAY = 4;

/**
 * Calls `work` for each item, at most `concurrency` at a time, beginning with the first; results in the order of items.
 *
 * @throws what `work` rejects with first, after what was under way has been cancelled or has ended.
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
  // One iterator for all: each takes the next item that nobody has taken.
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
