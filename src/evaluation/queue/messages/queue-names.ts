// The names of queues and of keys in Redis.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { VERSION } from '../../../version.ts';

/** Raised when messages change. Workers of another number have queues of their own. */
const PROTOCOL = 2;

/** All workers and searches that exchange tasks: of one version, whose engines compute the same bits. */
export interface Tribe {
  readonly version: string;
  readonly protocol: number;
  /** See `engineKind`. */
  readonly kind: string;
}

export function tribeOf(kind: string): Tribe {
  return { version: VERSION, protocol: PROTOCOL, kind };
}

export function isSameTribe(a: Tribe, b: Tribe): boolean {
  return isSameVersion(a, b) && a.kind === b.kind;
}

export function isSameVersion(a: Omit<Tribe, 'kind'>, b: Omit<Tribe, 'kind'>): boolean {
  return a.version === b.version && a.protocol === b.protocol;
}

/** Name of the BullMQ queue of a tribe; version and kind decide it. */
export function queueNameOf({ version, protocol, kind }: Tribe): string {
  return `auto-cnn-${version}-${hashOf([protocol, kind]).slice(0, 12)}`;
}

/** Name of the queue that only one worker takes tasks from. */
export function ownQueueNameOf(queueName: string, workerId: string): string {
  return `${queueName}-${workerId}`;
}

/**
 * Id of a task in the queue. Letters first: BullMQ refuses ids that look like numbers.
 *
 * @param content  all that the result depends on.
 */
export function taskIdOf(content: unknown): string {
  return `task-${hashOf(content).slice(0, 32)}`;
}

function hashOf(content: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(content))));
}

/** Keys of our own, beside those of BullMQ. All begin with `auto-cnn:`. */
export const KEYS = {
  /** The result of a task: the first to be written. */
  result: (taskId: string) => `auto-cnn:result:${taskId}`,
  /** Ids of the searches that want the result of a task. */
  wanting: (taskId: string) => `auto-cnn:wanting:${taskId}`,
  /** Set when the last of them no longer does. */
  cancelled: (taskId: string) => `auto-cnn:cancelled:${taskId}`,
  /** The workers that have begun a task and not ended it, each with whether it was alone. */
  begun: (taskId: string) => `auto-cnn:begun:${taskId}`,
  /** What a worker says of itself, for as long as it lives. */
  worker: (workerId: string) => `auto-cnn:worker:${workerId}`,
  /** Id of the search whose final trainings a worker does, for as long as the search renews it. */
  reserved: (workerId: string) => `auto-cnn:reserved:${workerId}`,
  /** Ids of all workers. */
  workers: 'auto-cnn:workers',
  search: (searchId: string) => `auto-cnn:search:${searchId}`,
  searches: 'auto-cnn:searches',
  /** Files that searches ask a worker for. */
  wanted: (workerId: string) => `auto-cnn:wanted:${workerId}`,
  /** Pairs of results of one task that differ, of a queue. */
  differences: (queueName: string) => `auto-cnn:differences:${queueName}`,
} as const;
