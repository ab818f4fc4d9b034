// Sits between a search and its evaluator: answers from results of other runs, and shares the results of this one.

import type { EvaluationFailure } from '../../errors.ts';
import { checkpointOutcome } from '../../evaluation/checkpoint.ts';
import type { EvaluateOptions, Evaluator } from '../../evaluation/evaluator.ts';
import { replayOutcome } from '../../evaluation/recorded-outcome.ts';
import type { EvaluationOutcome, EvaluationTask } from '../../evaluation/task.ts';
import { fileStorage } from '../../files/file-storage.ts';
import type { SearchConfig } from '../config/config.ts';
import { FitnessCache } from './fitness-cache.ts';

/** Failures that would occur on every machine. */
const SHARED_FAILURES: readonly EvaluationFailure[] = ['diverged', 'invalid'];

/**
 * Puts the fitness cache and the checkpoint folder of the configuration, if any, in front of an evaluator.
 *
 * @param notify  called for damaged entries.
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
 * Answers candidates from the cache. Exceptions: the final training, which is needed for its weights, and tasks that
 * measure latency, which depends on this machine.
 */
function cacheFitness(inner: Evaluator, cache: FitnessCache): Evaluator {
  return {
    get concurrency() {
      return inner.concurrency;
    },
    get finalConcurrency() {
      return inner.finalConcurrency;
    },
    chooseFinalMachine: inner.chooseFinalMachine,
    capacityGrown: inner.capacityGrown,
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

/** Answers tasks whose weights and outcome are already at their checkpoint path, unless they measure latency. */
function reuseCheckpoints(inner: Evaluator, notify: (notice: string) => void): Evaluator {
  return {
    get concurrency() {
      return inner.concurrency;
    },
    get finalConcurrency() {
      return inner.finalConcurrency;
    },
    chooseFinalMachine: inner.chooseFinalMachine,
    capacityGrown: inner.capacityGrown,
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
