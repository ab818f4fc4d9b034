import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, RedisServer } from '../../../../test/support/redis.ts';
import { untilTaken } from './until-taken.ts';

const never = new AbortController().signal;

describe.runIf(hasRedis)('writing to a Redis that may be full', () => {
  let server: RedisServer;
  let redis: Redis;
  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis(server.port);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it.each<[string, (key: string) => Promise<unknown>]>([
    ['a command', (key) => redis.set(key, 'a')],
    ['a transaction', (key) => redis.multi().set(key, 'a').sadd('all', key).exec()],
  ])('is tried again until it has room, with one notice: %s', async (key, write) => {
    const notices: string[] = [];
    let attempts = 0;
    server.command('config', 'set', 'maxmemory', '1');
    await untilTaken(
      'this search',
      async () => {
        if (++attempts === 3) server.command('config', 'set', 'maxmemory', '0');
        await write(key);
      },
      (notice) => notices.push(notice),
      never,
    );
    expect(attempts).toBe(3);
    expect(await redis.get(key)).toBe('a');
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /^the queue does not take this search \(OOM command not allowed .+\), which is tried again until it does$/,
    );
  });

  it('throws whatever else is wrong, and ends when nobody wants it any more', async () => {
    await redis.set('text', 'a');
    const wrong = async () => void (await redis.sadd('text', 'b'));
    await expect(untilTaken('this search', wrong, () => {}, never)).rejects.toThrow(/^WRONGTYPE/);
    server.command('config', 'set', 'maxmemory', '1');
    const ending = new AbortController();
    await untilTaken(
      'it',
      async () => void (await redis.set('b', 'c')),
      () => ending.abort(),
      ending.signal,
    );
    server.command('config', 'set', 'maxmemory', '0');
    expect(await redis.get('b')).toBeNull();
  });
});

if (!hasRedis) it.skip('no queue is tried: redis-server is missing ("apt-get install redis-server" installs it)');
