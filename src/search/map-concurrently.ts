// A few things at a time, in order.

/**
 * Calls `work` for each item, at most `concurrency` at a time, beginning with the first; results in the order of items.
 *
 * @throws what `work` rejects with first, after what was under way has been cancelled or has ended.
 */
export async function mapConcurrently<Item, Result>(
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
