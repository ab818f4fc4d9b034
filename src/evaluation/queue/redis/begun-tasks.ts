// Which workers have begun a task and never ended it. One that is gone with its task may have died of it.

import type { Redis } from 'ioredis';
import { EvaluationError } from '../../../errors.ts';
import { failedOutcome } from '../../evaluator.ts';
import type { EvaluationOutcome } from '../../task.ts';
import { KEYS } from '../messages/queue-names.ts';

/** A task with which so many workers died while they trained nothing else counts as failed. */
const DEATHS_ALONE = 3;
const KEPT_SECONDS = 7 * 86_400;

export interface TaskDeaths {
  /** Workers that died with it, whether or not they trained other tasks, too. */
  readonly all: readonly string[];
  /** Those that trained nothing else. */
  readonly alone: readonly string[];
  /** Others have begun it whose records have not expired: they may have died a moment ago. */
  readonly isUncertain: boolean;
}

export async function noteBegin(redis: Redis, taskId: string, workerId: string, isAlone: boolean): Promise<void> {
  const key = KEYS.begun(taskId);
  await redis
    .multi()
    .hset(key, workerId, isAlone ? 'alone' : 'in company')
    .expire(key, KEPT_SECONDS)
    .exec();
}

/** The task ended, or was handed back, and its worker lives. */
export async function noteEnd(redis: Redis, taskId: string, workerId: string): Promise<void> {
  await redis.hdel(KEYS.begun(taskId), workerId);
}

export async function deathsOf(redis: Redis, taskId: string): Promise<TaskDeaths> {
  const begun = await redis.hgetall(KEYS.begun(taskId));
  const ids = Object.keys(begun);
  if (ids.length === 0) return { all: [], alone: [], isUncertain: false };
  const records = await redis.mget(ids.map(KEYS.worker));
  const dead = ids.filter((_, i) => records[i] === null);
  return { all: dead, alone: dead.filter((id) => begun[id] === 'alone'), isUncertain: dead.length < ids.length };
}

/** The outcome of a task that workers die of; undefined if that is not certain yet. */
export function deadlyOutcome({ alone }: Pick<TaskDeaths, 'alone'>): EvaluationOutcome | undefined {
  if (alone.length < DEATHS_ALONE) return undefined;
  return failedOutcome(
    new EvaluationError(
      'crashed',
      `${alone.length} workers died while they trained nothing else (${alone.join(', ')}); if memory ran out, limit the networks' size or train on fewer or smaller images`,
    ),
  );
}
