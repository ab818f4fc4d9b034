import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FakeRedis } from '../../../../test/support/fake-redis.ts';
import { hasRedis, RedisServer } from '../../../../test/support/redis.ts';
import { connectQueue } from './redis-connection.ts';

let fake: FakeRedis | undefined;
afterEach(() => fake?.stop());

describe('a connection to a queue', () => {
  it('is refused where nothing answers, with the cure', async () => {
    await expect(connectQueue('redis://127.0.0.1:1/0')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/^no queue at redis:\/\/127\.0\.0\.1:1\/0: .*ECONNREFUSED.*; start one there/),
    });
  });

  it('is refused where what answers is not a Redis', async () => {
    fake = await FakeRedis.start(() => 'HTTP/1.1 400 Bad Request\r\n\r\n');
    await expect(connectQueue(fake.url)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/check that it is a Redis/),
    });
  });

  it('is refused by the version of a Redis that is too old', async () => {
    fake = await FakeRedis.ofVersion('5.0.14');
    await expect(connectQueue(fake.url)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/is version 5\.0\.14; a queue needs 6\.2 or newer/),
    });
  });

  describe.runIf(hasRedis)('with a Redis', () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await RedisServer.start();
    });
    afterAll(() => redis.stop());

    it('is refused if that may evict keys', async () => {
      redis.command('config', 'set', 'maxmemory-policy', 'allkeys-lru');
      try {
        await expect(connectQueue(redis.url)).rejects.toMatchObject({
          code: 'INVALID_INPUT',
          message: expect.stringMatching(/may evict keys .*allkeys-lru.*set maxmemory-policy noeviction/),
        });
      } finally {
        redis.command('config', 'set', 'maxmemory-policy', 'noeviction');
      }
    });

    it('is refused for a database that it does not have, and for TLS that it does not speak', async () => {
      await expect(connectQueue(redis.url.replace(/0$/, '99'))).rejects.toThrow(/name a database that it has/);
      await expect(connectQueue(redis.url.replace('redis:', 'rediss:'))).rejects.toThrow(/starts with redis:\/\//);
    });

    it('is refused for a missing and for a wrong password, neither of which is shown', async () => {
      redis.command('config', 'set', 'requirepass', 'right');
      try {
        const cure = /give its user and password/;
        await expect(connectQueue(redis.url)).rejects.toThrow(cure);
        const wrong = redis.url.replace('//', '//:wrong-one@');
        await expect(connectQueue(wrong)).rejects.toThrow(cure);
        await expect(connectQueue(wrong)).rejects.toThrow(/^(?!.*wrong-one)/);
        const { close } = await connectQueue(redis.url.replace('//', '//:right@'));
        close();
      } finally {
        redis.command('-a', 'right', 'config', 'set', 'requirepass', '');
      }
    });

    it('tells a policy that has become wrong since', async () => {
      const { evictionProblem, close } = await connectQueue(redis.url);
      expect(await evictionProblem()).toBeUndefined();
      redis.command('config', 'set', 'maxmemory-policy', 'allkeys-lru');
      expect(await evictionProblem()).toMatch(/may evict keys .*allkeys-lru.*set maxmemory-policy noeviction/);
      redis.command('config', 'set', 'maxmemory-policy', 'noeviction');
      close();
    });

    it('says when it is lost and when it is back', async () => {
      const states: string[] = [];
      const { redis: client, close } = await connectQueue(redis.url, (state) => states.push(state));
      await redis.kill();
      await redis.restart();
      expect(await client.ping()).toBe('PONG');
      expect(states).toEqual(['lost', 'back']);
      close();
    });
  });
});

if (!hasRedis) it.skip('no real Redis is tried: redis-server is missing ("apt-get install redis-server" installs it)');
