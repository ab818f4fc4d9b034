// `auto-cnn worker` as a process, on a Redis of its own.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { engineKind } from '../src/engine/engine-kind.ts';
import { InProcessEvaluator } from '../src/evaluation/node/in-process-evaluator.ts';
import { KEYS, queueNameOf, tribeOf } from '../src/evaluation/queue/messages/queue-names.ts';
import { QueueEvaluator } from '../src/evaluation/queue/queue-evaluator.ts';
import { connectQueue } from '../src/evaluation/queue/redis/redis-connection.ts';
import { announceSearch, announceWorker, listWorkers } from '../src/evaluation/queue/redis/registry.ts';
import { createRng } from '../src/random/rng.ts';
import { createSmallDisk } from './faults/disk-faults.ts';
import {
  createEvaluationFolder,
  type EvaluationFolder,
  endlessTask,
  startTask,
  toyTask,
} from './support/evaluator-contract.ts';
import { hasRedis, RedisServer } from './support/redis.ts';
import { runtime } from './support/run-graph.ts';
import { runInProcess } from './support/run-program.ts';
import { WorkerProcess } from './support/worker-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-workers-'));
const disk = createSmallDisk(join(folder, 'disk'));
afterAll(() => {
  disk?.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe.runIf(hasRedis)('a worker', () => {
  let redis: RedisServer;
  let data: EvaluationFolder;
  const workers: WorkerProcess[] = [];
  const evaluators: QueueEvaluator[] = [];
  const notices: string[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
    data = await createEvaluationFolder();
  });
  afterAll(async () => {
    await redis.stop();
    await data.remove();
  });
  afterEach(async () => {
    for (const evaluator of evaluators.splice(0)) await evaluator.close();
    for (const worker of workers.splice(0)) await worker.kill();
    notices.length = 0;
    redis.command('flushall');
  });

  async function startWorker(...args: readonly string[]): Promise<WorkerProcess> {
    const worker = new WorkerProcess(
      redis.url,
      join(folder, 'data'),
      '--lowering',
      'plain',
      '--concurrency',
      '1',
      ...args,
    );
    workers.push(worker);
    await worker.atWork();
    return worker;
  }
  async function startSearch(url = redis.url): Promise<QueueEvaluator> {
    const local = new InProcessEvaluator(runtime);
    const notify = (notice: string) => void notices.push(notice);
    const options = { url, local, timeoutMs: 600_000, name: 'test', listen: '127.0.0.1', notify };
    const evaluator = await QueueEvaluator.connect(options);
    evaluators.push(evaluator);
    return evaluator;
  }
  const queueName = async () => queueNameOf(tribeOf(await engineKind(runtime, 'plain')));

  it('that is told to end hands its task back, which the next one takes', async () => {
    const first = await startWorker();
    const search = await startSearch();
    const stop = new AbortController();
    const { started, outcome } = startTask(search, endlessTask(data), stop.signal);
    await started;
    expect(await first.stop()).toBe(0);
    expect(first.output).toContain('what it had begun is back on the queue');
    expect(redis.command('llen', `bull:${await queueName()}:wait`)).toBe('1');
    const second = await startWorker();
    const { redis: client, close } = await connectQueue(redis.url);
    let running: readonly string[] = [];
    while (running.length === 0) {
      await pause(200);
      running = (await listWorkers(client)).flatMap((worker) => worker.running);
    }
    close();
    expect(second.output).toContain('takes tasks');
    stop.abort();
    await expect(outcome).rejects.toMatchObject({ reason: 'cancelled' });
  });

  it('that is told to end while Redis is away, or when it has just come back, ends, also if a search has reserved it', async () => {
    for (const isBack of [false, true]) {
      const worker = await startWorker();
      const [id = ''] = /^\S+(?= takes tasks)/m.exec(worker.output) ?? [];
      redis.command('set', KEYS.reserved(id), 'a search');
      while (!redis.command('keys', 'bull:*').includes(id)) await pause(100);
      await redis.kill();
      while (!worker.output.includes('waiting for it')) await pause(100);
      // Then each connection waits longer before it tries again.
      await pause(3000);
      if (isBack) await redis.restart();
      expect(await worker.stop()).toBe(0);
      expect(worker.output).not.toMatch(/^ +at /m);
      if (!isBack) await redis.restart();
    }
  });

  it('with --drain ends when no task and no search is left', async () => {
    const search = await startSearch();
    const outcome = search.evaluate(toyTask(data));
    const worker = await startWorker('--drain');
    expect(await outcome).toMatchObject({ bestEpoch: expect.any(Number) });
    await search.close();
    await worker.ended;
    expect({ code: worker.child.exitCode, output: worker.output }).toEqual({
      code: 0,
      output: expect.stringContaining('no task and no search is left'),
    });
  });

  it('is listed by "auto-cnn queue" with its search, whose token is not', async () => {
    const worker = await startWorker();
    const search = await startSearch();
    await search.evaluate(toyTask(data));
    const { code, stdout } = await runInProcess('queue', redis.url, '--json');
    const state = JSON.parse(stdout);
    expect({ code, ...state }).toMatchObject({
      code: 0,
      queues: [{ name: await queueName(), waiting: 0, active: 0, differences: 0 }],
      searches: [{ name: 'test', done: expect.any(Number) }],
      workers: [{ pid: worker.child.pid, slots: 1, rate: expect.any(Number) }],
    });
    expect(stdout).not.toMatch(/token|addresses/);
    expect((await runInProcess('queue', redis.url)).stdout).toContain(`${redis.url}: 1 search, 1 worker, 1 training`);
  });

  it('refuses 10,000 malformed messages, removes them, and works on', async () => {
    const worker = await startWorker();
    const { redis: client, close } = await connectQueue(redis.url);
    const queue = new Queue(await queueName(), { connection: client });
    const rng = createRng('malformed messages on a queue');
    const malformed = (): unknown =>
      rng.pick([
        null,
        5,
        'text',
        [],
        {},
        { task: 'x'.repeat(rng.integer(0, 2000)) },
        { task: { genome: '8-8' }, data: {} },
      ]);
    for (let i = 0; i < 10; i++) {
      await queue.addBulk(
        Array.from({ length: 1000 }, (_, j) => ({
          name: 'evaluate',
          data: malformed(),
          opts: { jobId: `task-${i}-${j}`, removeOnFail: true },
        })),
      );
    }
    await queue.add('evaluate', { task: 'x'.repeat(200_000) }, { jobId: 'task-large', removeOnFail: true });
    // One that is no JSON at all, as only somebody with the password can put it there.
    client.hset(queue.toKey('task-raw'), 'data', '{"task":', 'opts', '{}', 'name', 'x', 'timestamp', '1');
    client.lpush(queue.toKey('wait'), 'task-raw');
    const search = await startSearch();
    expect(await search.evaluate(toyTask(data))).toMatchObject({ bestEpoch: expect.any(Number) });
    expect(worker.output).toMatch(/a message on the queue was refused and removed: /);
    expect(await queue.getJobCounts('wait', 'failed')).toEqual({ wait: 0, failed: 0 });
    await queue.close();
    close();
  });

  it('of another version, or of another kind of engine, is named and not used', async () => {
    const { redis: client, close } = await connectQueue(redis.url);
    const kind = await engineKind(runtime, 'plain');
    const other = { id: 'other', host: 'other', pid: 1, slots: 8, running: [], done: 0, failed: 0 };
    await announceWorker(client, { ...other, ...tribeOf(kind), version: '9.9.9' });
    await announceWorker(client, { ...other, ...tribeOf('ARM'), id: 'third' });
    const search = await startSearch();
    const stop = new AbortController();
    const outcome = search.evaluate(toyTask(data), { signal: stop.signal });
    while (notices.length === 0) await pause(100);
    expect(notices[0]).toMatch(/waits for a worker .*start one with: auto-cnn worker --queue redis:/);
    expect(notices[0]).toMatch(/not used: 1 of version 9\.9\.9, 1 of another kind of engine \(ARM\)/);
    expect(search.concurrency).toBe(1);
    stop.abort();
    await expect(outcome).rejects.toMatchObject({ reason: 'cancelled' });
    close();
  });

  it('takes a task of which Redis had lost a part: the search adds it again', async () => {
    const search = await startSearch();
    const outcome = search.evaluate(toyTask(data));
    const wait = `bull:${await queueName()}:wait`;
    while (redis.command('llen', wait) !== '1') await pause(50);
    expect(redis.command('del', wait)).toBe('1');
    await startWorker();
    expect(await outcome).toMatchObject({ bestEpoch: expect.any(Number) });
  });

  it('trains for several searches in turns: one that asks for little is not kept waiting by one that asks for much', async () => {
    const [large, small] = [await startSearch(), await startSearch()];
    const order: string[] = [];
    const ask = async (search: QueueEvaluator, name: string, count: number) => {
      for (let i = 0; i < count; i++) {
        await search.evaluate(toyTask(data, { seed: `${name} ${i}` }));
        order.push(name);
      }
    };
    const outcomes = ['large a', 'large b', 'large c', 'large d'].map((name) => ask(large, name, 6));
    while (redis.command('llen', `bull:${await queueName()}:wait`) !== '4') await pause(50);
    outcomes.push(ask(small, 'small', 2));
    await startWorker();
    await Promise.all(outcomes);
    expect(order).toHaveLength(26);
    expect(order.lastIndexOf('small')).toBeLessThan(20);
  });

  it('that finds searches of another version says so', async () => {
    const { redis: client, close } = await connectQueue(redis.url);
    const other = { ...tribeOf(await engineKind(runtime, 'plain')), version: '9.9.9' };
    await announceSearch(client, {
      ...{ ...other, id: 'other', name: 'other', host: 'other', pid: 1, addresses: [], token: '0'.repeat(64) },
      ...{ outstanding: 1, done: 0, failed: 0 },
    });
    const worker = await startWorker();
    while (!worker.output.includes('another version')) await pause(100);
    expect(worker.output).toMatch(/searches of another version \(9\.9\.9\) .* this worker is of version /);
    close();
  });

  it('needs no more rights on Redis than the documents list, and nor does a search', async () => {
    const documents = readFileSync(fileURLToPath(new URL('../docs/many-machines.md', import.meta.url)), 'utf8');
    const [, rule = ''] = /^ACL SETUSER (auto-cnn .*)$/m.exec(documents) ?? [];
    expect(redis.command('acl', 'setuser', ...rule.split(' '))).toBe('OK');
    const url = redis.url.replace('//', '//auto-cnn:a-long-password@');
    const worker = new WorkerProcess(url, join(folder, 'data'), '--lowering', 'plain', '--concurrency', '1');
    workers.push(worker);
    await worker.atWork();
    const search = await startSearch(url);
    expect(await search.evaluate(toyTask(data))).toMatchObject({ bestEpoch: expect.any(Number) });
    // What the rule is for.
    const cli = (...command: string[]) =>
      redis.command('--user', 'auto-cnn', '--pass', 'a-long-password', '--no-auth-warning', ...command);
    expect(cli('get', 'something-else')).toMatch(/NOPERM/);
    expect(cli('flushall')).toMatch(/NOPERM/);
    expect(cli('config', 'get', 'requirepass')).toMatch(/NOPERM/);
    expect(cli('keys', '*')).toMatch(/NOPERM/);
    redis.command('acl', 'deluser', 'auto-cnn');
  });

  it.runIf(disk !== undefined)('on a full disk does not start, says so, and ends with exit code 2', async () => {
    mkdirSync(disk?.folder ?? '', { recursive: true });
    const worker = new WorkerProcess(redis.url, disk?.folder ?? '', '--lowering', 'plain');
    await worker.ended;
    expect({ code: worker.child.exitCode, output: worker.output }).toEqual({
      code: 2,
      output: expect.stringMatching(/^error: the disk of .* is full: \d+ MiB are free, a worker needs 64 at least/),
    });
    expect(existsSync(join(disk?.folder ?? '', 'datasets'))).toBe(false);
  });
});

if (!hasRedis) it.skip('no queue is tried: redis-server is missing ("apt-get install redis-server" installs it)');
