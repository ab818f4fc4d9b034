import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { describeEvaluator } from '../../../test/support/evaluator-contract.ts';
import { hasRedis, RedisServer } from '../../../test/support/redis.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { WorkerProcess } from '../../../test/support/worker-process.ts';
import type { Evaluator } from '../evaluator.ts';
import { InProcessEvaluator } from '../node/in-process-evaluator.ts';
import { QueueEvaluator } from './queue-evaluator.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-queue-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(hasRedis)('with a Redis and a worker', () => {
  let redis: RedisServer;
  let worker: WorkerProcess;
  const ready: QueueEvaluator[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
    worker = new WorkerProcess(redis.url, folder, '--lowering', 'plain', '--concurrency', '2');
    await worker.atWork();
    // The contract makes two evaluators, and makes them at once.
    ready.push(await connect(), await connect());
  });
  afterAll(async () => {
    await worker.stop();
    await redis.stop();
  });

  const connect = () =>
    QueueEvaluator.connect({
      url: redis.url,
      local: new InProcessEvaluator(runtime),
      timeoutMs: 600_000,
      name: 'contract',
      listen: '127.0.0.1',
      notify() {},
    });

  describeEvaluator('QueueEvaluator', () => ready.pop() as Evaluator);
});

if (!hasRedis) it.skip('no queue is tried: redis-server is missing ("apt-get install redis-server" installs it)');
