// Queues final trainings for an evaluator that is given more of them than it can run concurrently.

import type { Evaluator } from '../../evaluation/evaluator.ts';

/** Passes on as many tasks as the evaluator has room for; the others wait in order of arrival. */
export function limitEvaluator(inner: Evaluator): Evaluator {
  const waiting: (() => void)[] = [];
  const concurrency = inner.finalConcurrency ?? inner.concurrency;
  let free = concurrency;
  return {
    concurrency,
    async evaluate(task, options) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await inner.evaluate(task, options);
      } finally {
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
    close: () => inner.close(),
  };
}
