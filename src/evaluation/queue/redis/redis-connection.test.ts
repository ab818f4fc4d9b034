import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, RedisServer } from '../../../../test/support/redis.ts';
import { runInProcess } from '../../../../test/support/run-program.ts';
import { connectQueue } from './redis-connection.ts';

let fake: Server | undefined;
afterEach(() => void fake?.close());

/** A server that answers each command by its name. */
async function serve(answerTo: (command: string) => string): Promise<string> {
  fake = createServer((socket) => {
    socket.on('data', (data) => {
      // A command is a list of texts, each after a line with its length (RESP).
      const commands = data
        .toString()
        .split(/^\*\d+\r\n/m)
        .slice(1);
      for (const command of commands) socket.write(answerTo(command.split('\r\n')[1]?.toUpperCase() ?? ''));
    });
    socket.on('error', () => {});
  });
  const server = fake;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/0`;
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

describe('a connection to a queue', () => {
  it('is refused where nothing answers, with the cure', async () => {
    await expect(connectQueue('redis://127.0.0.1:1/0')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/^no queue at redis:\/\/127\.0\.0\.1:1\/0: .*ECONNREFUSED.*; start one there/),
    });
  });

  it('is refused where what answers is not a Redis', async () => {
    const url = await serve(() => 'HTTP/1.1 400 Bad Request\r\n\r\n');
    await expect(connectQueue(url)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/check that it is a Redis/),
    });
  });

  it('is refused by the version of a Redis that is too old', async () => {
    const url = await serve((name) => {
      if (name === 'HELLO') return '-ERR unknown command `HELLO`\r\n';
      return name === 'INFO' ? bulk('redis_version:5.0.14\r\nmaxmemory_policy:noeviction\r\n') : '+OK\r\n';
    });
    await expect(connectQueue(url)).rejects.toMatchObject({
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

  it.each([
    ['worker --queue 10.0.0.5', /^error: the address of a queue must look like redis:\/\/HOST:6379\/0/],
    ['worker --queue redis://127.0.0.1:1/0', /^error: no queue at redis:\/\/127\.0\.0\.1:1\/0/],
    ['worker --queue redis://127.0.0.1:1/0 --concurrency 0', /^error: --concurrency must be a whole number from 1/],
    ['search mnist --queue redis://127.0.0.1:1/0', /^error: no queue at redis:\/\/127\.0\.0\.1:1\/0/],
  ])('ends "%s" with exit code 2 and one line', async (command, line) => {
    const { code, stderr } = await runInProcess(...command.split(' '));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(line) });
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

if (!hasRedis) it.skip('no real Redis is tried: redis-server is missing ("apt-get install redis-server" installs it)');
