// Between a search and its evaluator: answers from what other runs left, and leaves them what this one finds.

import type { EvaluationFailure } from '../../errors.ts';
import { checkpointOutcome } from '../../evaluation/checkpoint.ts';
import type { EvaluateOptions, Evaluator } from '../../evaluation/evaluator.ts';
import { replayOutcome } from '../../evaluation/recorded-outcome.ts';
import type { EvaluationOutcome, EvaluationTask } from '../../evaluation/task.ts';
import { fileStorage } from '../../files/file-storage.ts';
import type { SearchConfig } from '../config/config.ts';
import { FitnessCache } from './fitness-cache.ts';

/** Failures that the candidate would have on every machine. */
const SHARED_FAILURES: readonly EvaluationFailure[] = ['diverged', 'invalid'];

/**
 * The evaluator behind the fitness cache and the checkpoint folder that the configuration names, if any.
 *
 * @param notify  told what is damaged.
 * @throws {InvalidInputError} if the cache cannot be opened.
 */
export function shareResults(
  evaluator: Evaluator,
  { fitnessCache, checkpointDir }: Pick<SearchConfig, 'fitnessCache' | 'checkpointDir'>,
  notify: (notice: string) => void,
): Evaluator {
  const inner = checkpointDir === undefined ? evaluator : reuseCheckpoints(evaluator, notify);
  return fitnessCache === undefined ? inner : cacheFitness(inner, FitnessCache.open(fitnessCache, notify));
}

/**
 * Answers candidates from the cache. Not the final training, which is there for its weights, nor where latency is measured,
 * which is that of this machine.
 */
function cacheFitness(inner: Evaluator, cache: FitnessCache): Evaluator {
  return {
    concurrency: inner.concurrency,
    async evaluate(task, options = {}) {
      const { id, genome, selection } = task;
      if (id === undefined || selection.purpose === 'final' || task.latency) return inner.evaluate(task, options);
      const known = cache.find(id);
      if (known !== undefined) return replayOutcome(known, task, options);
      const outcome = await inner.evaluate(task, options);
      if (isShared(outcome)) cache.add(id, genome, outcome);
      return outcome;
    },
    async close() {
      await inner.close();
      cache.close();
    },
  };
}

/** Answers every task that measures no latency and whose weights lie where it would write them, if its outcome lies with them. */
function reuseCheckpoints(inner: Evaluator, notify: (notice: string) => void): Evaluator {
  return {
    concurrency: inner.concurrency,
    async evaluate(task: EvaluationTask, options: EvaluateOptions = {}) {
      const known = await checkpointOutcome(fileStorage, task, notify);
      return known === undefined ? inner.evaluate(task, options) : replayOutcome(known, task, options);
    },
    close: () => inner.close(),
  };
}

function isShared({ failure, stopped }: EvaluationOutcome): boolean {
  return !stopped && (failure === undefined || SHARED_FAILURES.includes(failure.reason));
}
