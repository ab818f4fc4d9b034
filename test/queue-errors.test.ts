// A queue that cannot be used: each command says what is wrong and how to mend it, in one line, and ends with exit code 2.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tribeOf } from '../src/evaluation/queue/messages/queue-names.ts';
import { connectQueue } from '../src/evaluation/queue/redis/redis-connection.ts';
import { announceWorker } from '../src/evaluation/queue/redis/registry.ts';
import { FakeRedis } from './support/fake-redis.ts';
import { hasRedis, RedisServer } from './support/redis.ts';
import { runInProcess } from './support/run-program.ts';
import { writeTinyDigits } from './support/tiny-digits.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-queue-errors-'));
const digits = join(folder, 'digits');
const COMMANDS: Readonly<Record<string, (url: string) => readonly string[]>> = {
  worker: (url) => ['worker', '--queue', url, '--data-dir', join(folder, 'data')],
  search: (url) => ['search', digits, '--queue', url, '--out', join(folder, 'run')],
  queue: (url) => ['queue', url],
};
const NAMES = Object.keys(COMMANDS);

beforeAll(() => writeTinyDigits(digits));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function expectRefusal(name: string, url: string, line: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runInProcess(...(COMMANDS[name]?.(url) ?? []));
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(line) });
  expect(stderr.trim().split('\n')).toHaveLength(1);
}

describe.each(NAMES)('"auto-cnn %s"', (name) => {
  it('is refused an address that is none', async () => {
    await expectRefusal(name, '10.0.0.5', /^error: the address of a queue must look like redis:\/\/HOST:6379\/0/);
  });

  it('is refused where nothing answers', async () => {
    await expectRefusal(name, 'redis://127.0.0.1:1/0', /^error: no queue at redis:\/\/127\.0\.0\.1:1\/0: .*start one/);
  });

  it('is refused a Redis that is too old', async () => {
    const old = await FakeRedis.ofVersion('5.0.14');
    await expectRefusal(
      name,
      old.url,
      /^error: the Redis at .* is version 5\.0\.14; a queue needs 6\.2 or newer: upgrade/,
    );
    old.stop();
  });

  describe.runIf(hasRedis)('with a Redis', () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await RedisServer.start();
    });
    afterAll(() => redis.stop());

    it('is refused without its password, and with a wrong one, which is not shown', async () => {
      redis.command('config', 'set', 'requirepass', 'right');
      await expectRefusal(name, redis.url, /^error: no queue at .*; give its user and password/);
      const wrong = redis.url.replace('//', '//:wrong-one@');
      await expectRefusal(name, wrong, /^error: no queue at (?!.*wrong-one).*; give its user and password/);
      redis.command('-a', 'right', 'config', 'set', 'requirepass', '');
    });

    it('is refused one that may evict keys', async () => {
      redis.command('config', 'set', 'maxmemory-policy', 'allkeys-lru');
      await expectRefusal(
        name,
        redis.url,
        /^error: the Redis at .* may evict keys .*; set maxmemory-policy noeviction/,
      );
      redis.command('config', 'set', 'maxmemory-policy', 'noeviction');
    });
  });
});

it('"auto-cnn worker" is refused a concurrency that is no count', async () => {
  const { code, stderr } = await runInProcess('worker', '--queue', 'redis://127.0.0.1:1/0', '--concurrency', '0');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^error: --concurrency must be a whole number from 1/),
  });
});

describe.runIf(hasRedis)('"auto-cnn search" with a Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());

  it('is refused if all workers are of another version', async () => {
    const { redis: client, close } = await connectQueue(redis.url);
    const worker = { id: 'other', host: 'other', pid: 1, slots: 8, running: [], done: 0, failed: 0 };
    await announceWorker(client, { ...worker, ...tribeOf('any'), version: '9.9.9' });
    close();
    await expectRefusal(
      'search',
      redis.url,
      /^error: the queue at .* has workers of version 9\.9\.9 only, .*; start workers of/,
    );
    redis.command('flushall');
  });

  it('is refused settings that are too large for a message, and leaves none on the queue', async () => {
    const tooLong = Array.from({ length: 4000 }, (_, i) => ({ epoch: i, factor: 0.99999 - i / 1e6 }));
    const config = join(folder, 'config.json');
    writeFileSync(config, JSON.stringify({ training: { schedule: { name: 'step', steps: tooLong } } }));
    const { code, stderr } = await runInProcess(...(COMMANDS.search?.(redis.url) ?? []), '--config', config);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^error: the task of .* cannot be sent to other machines: its settings have \d+ bytes/,
      ),
    });
    expect(redis.command('keys', 'bull:*')).not.toMatch(/task-/);
  });
});

if (!hasRedis) it.skip('no real Redis is tried: redis-server is missing ("apt-get install redis-server" installs it)');
