// An evaluator that is asked for more than it can work on at a time.

import type { Evaluator } from '../../evaluation/evaluator.ts';

/** Hands on as many tasks as the evaluator has room for, the others in the order in which they came. */
export function limitEvaluator(inner: Evaluator): Evaluator {
  const waiting: (() => void)[] = [];
  let free = inner.concurrency;
  return {
    concurrency: inner.concurrency,
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
