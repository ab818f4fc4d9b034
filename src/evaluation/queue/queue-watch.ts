// What goes on in the queues of a Redis, for people who watch it.

import type { SearchRecord, WorkerRecord } from './messages/messages.ts';
import { KEYS, queueNameOf, type Tribe } from './messages/queue-names.ts';
import { connectQueue } from './redis/redis-connection.ts';
import { listSearches, listWorkers } from './redis/registry.ts';

export interface QueueState {
  /** One for each kind of engine and version of which there is a worker or a search. */
  readonly queues: readonly {
    readonly name: string;
    readonly version: string;
    readonly kind: string;
    readonly waiting: number;
    readonly active: number;
    /** Pairs of results that differ, of the last day. */
    readonly differences: number;
  }[];
  /** Without their tokens: whoever has one may fetch a search's files. */
  readonly searches: readonly {
    readonly id: string;
    readonly name: string;
    readonly host: string;
    readonly version: string;
    readonly kind: string;
    readonly outstanding: number;
    readonly done: number;
    readonly failed: number;
  }[];
  readonly workers: readonly WorkerRecord[];
}

export interface QueueWatch {
  /** Without the user and the password. */
  readonly shownUrl: string;
  read(): Promise<QueueState>;
  close(): void;
}

/** @throws {InvalidInputError} if the queue cannot be used. */
export async function watchQueue(url: string): Promise<QueueWatch> {
  const { redis, address, close } = await connectQueue(url);
  return {
    shownUrl: address.shown,
    close,
    async read() {
      const [workers, searches] = await Promise.all([listWorkers(redis), listSearches(redis)]);
      const tribes = new Map<string, Tribe>([...workers, ...searches].map((tribe) => [queueNameOf(tribe), tribe]));
      const queues = [...tribes].map(async ([name, { version, kind }]) => {
        const [waiting, active, differences] = await Promise.all([
          redis.llen(`bull:${name}:wait`),
          redis.llen(`bull:${name}:active`),
          redis.llen(KEYS.differences(name)),
        ]);
        return { name, version, kind, waiting, active, differences };
      });
      return { queues: await Promise.all(queues), searches: searches.map(withoutToken), workers };
    },
  };
}

function withoutToken({ id, name, host, version, kind, outstanding, done, failed }: SearchRecord) {
  return { id, name, host, version, kind, outstanding, done, failed };
}
