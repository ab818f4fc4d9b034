// Results of one task that differ: written by the worker that came second, read by searches.

import type { Redis } from 'ioredis';
import { type Difference, readDifference } from '../messages/messages.ts';
import { KEYS } from '../messages/queue-names.ts';

const KEPT = 100;
const KEPT_SECONDS = 86_400;

export async function recordDifference(redis: Redis, queueName: string, difference: Difference): Promise<void> {
  const key = KEYS.differences(queueName);
  await redis.multi().rpush(key, JSON.stringify(difference)).ltrim(key, -KEPT, -1).expire(key, KEPT_SECONDS).exec();
}

export class DifferenceReader {
  readonly #redis: Redis;
  readonly #notify: (notice: string) => void;
  readonly #seen = new Set<string>();
  #isFirst = true;

  constructor(redis: Redis, notify: (notice: string) => void) {
    this.#redis = redis;
    this.#notify = notify;
  }

  /** Reports those that are new since the first look. */
  async look(queueName: string): Promise<void> {
    const texts = await this.#redis.lrange(KEYS.differences(queueName), 0, -1);
    const isNew = texts.filter((text) => !this.#seen.has(text));
    for (const text of isNew) this.#seen.add(text);
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    for (const text of isFirst ? [] : isNew) {
      const parsed = readDifference(text);
      if ('problem' in parsed) continue;
      const { genome, first, second } = parsed.message;
      this.#notify(
        `two workers computed different results for the same task (${genome}): ${first} and ${second}; ${second} takes no more tasks. One of the machines computes wrongly: test its memory and processor, and start the search anew without it`,
      );
    }
  }
}
