// Who is there: workers and searches say so every few seconds. A record that is not renewed expires by Redis' own clock,
// whatever the clocks of the machines say.

import type { Redis } from 'ioredis';
import { type Parsed, readSearch, readWorker, type SearchRecord, type WorkerRecord } from '../messages/messages.ts';
import { KEYS } from '../messages/queue-names.ts';

/** How often a record is renewed. */
export const BEAT_MS = 3000;
/** A worker that is silent for so long is counted as gone. */
const WORKER_SECONDS = 15;
/** Waiting tasks of a search that is silent for so long are dropped; it adds them again when it is back. */
const SEARCH_SECONDS = 60;

export async function announceWorker(redis: Redis, record: WorkerRecord): Promise<void> {
  await announce(redis, KEYS.workers, KEYS.worker(record.id), record, WORKER_SECONDS);
}

export async function announceSearch(redis: Redis, record: SearchRecord): Promise<void> {
  await announce(redis, KEYS.searches, KEYS.search(record.id), record, SEARCH_SECONDS);
}

export async function withdrawWorker(redis: Redis, id: string): Promise<void> {
  await redis.multi().del(KEYS.worker(id)).srem(KEYS.workers, id).exec();
}

export async function withdrawSearch(redis: Redis, id: string): Promise<void> {
  await redis.multi().del(KEYS.search(id)).srem(KEYS.searches, id).exec();
}

/** The workers that are alive, of all versions and kinds, by id. */
export function listWorkers(redis: Redis): Promise<readonly WorkerRecord[]> {
  return list(redis, KEYS.workers, KEYS.worker, readWorker);
}

export function listSearches(redis: Redis): Promise<readonly SearchRecord[]> {
  return list(redis, KEYS.searches, KEYS.search, readSearch);
}

/** Those of these searches that are alive. */
export async function findSearches(redis: Redis, ids: readonly string[]): Promise<readonly SearchRecord[]> {
  if (ids.length === 0) return [];
  return (await redis.mget(ids.map(KEYS.search))).flatMap((text) => {
    const parsed = readSearch(text ?? '');
    return 'message' in parsed ? [parsed.message] : [];
  });
}

async function announce(
  redis: Redis,
  index: string,
  key: string,
  record: WorkerRecord | SearchRecord,
  seconds: number,
): Promise<void> {
  await redis.multi().set(key, JSON.stringify(record), 'EX', seconds).sadd(index, record.id).exec();
}

/** Also forgets ids whose records have expired. */
async function list<T>(
  redis: Redis,
  index: string,
  keyOf: (id: string) => string,
  read: (json: string) => Parsed<T>,
): Promise<readonly T[]> {
  const ids = (await redis.smembers(index)).toSorted();
  if (ids.length === 0) return [];
  const texts = await redis.mget(ids.map(keyOf));
  const gone = ids.filter((_, i) => texts[i] === null);
  if (gone.length > 0) await redis.srem(index, ...gone);
  return texts.flatMap((text) => {
    const parsed = read(text ?? '');
    return 'message' in parsed ? [parsed.message] : [];
  });
}
