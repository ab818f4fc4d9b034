import { existsSync, readdirSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alteredRuntime } from '../../../../test/support/altered-runtime.ts';
import { createEvaluationFolder, type EvaluationFolder, toyTask } from '../../../../test/support/evaluator-contract.ts';
import { hasRedis, RedisServer } from '../../../../test/support/redis.ts';
import { runtime } from '../../../../test/support/run-graph.ts';
import { packedDatasetPath } from '../../../data/cache/cache-folder.ts';
import { InProcessEvaluator } from '../../node/in-process-evaluator.ts';
import type { EvaluationTask } from '../../task.ts';
import { Audience } from '../delivery/audience.ts';
import { describeFile } from '../delivery/file-hash.ts';
import { readResult } from '../messages/messages.ts';
import { KEYS } from '../messages/queue-names.ts';
import { toMessage } from '../messages/task-message.ts';
import { noteBegin } from '../redis/begun-tasks.ts';
import { connectQueue, type QueueConnection } from '../redis/redis-connection.ts';
import { announceWorker } from '../redis/registry.ts';
import { FileStore } from './file-store.ts';
import { HandBackError, type RunnerOptions, runTask } from './task-runner.ts';

const NEVER = new AbortController().signal;

describe.runIf(hasRedis)('a worker with a task', () => {
  let server: RedisServer;
  let connection: QueueConnection;
  let folder: EvaluationFolder;
  let store: FileStore;
  const notices: string[] = [];
  beforeAll(async () => {
    server = await RedisServer.start();
    connection = await connectQueue(server.url);
    folder = await createEvaluationFolder();
    store = await FileStore.open(join(folder.path, 'worker'));
    const there = packedDatasetPath('toy', store.folder);
    await mkdir(dirname(there), { recursive: true });
    await copyFile(folder.datasetPath, there);
  });
  afterAll(async () => {
    connection.close();
    await server.stop();
    await folder.remove();
  });

  const runner = (workerId: string, changes: Partial<RunnerOptions> = {}): RunnerOptions => ({
    redis: connection.redis,
    workerId,
    queueName: 'queue',
    evaluator: new InProcessEvaluator(runtime),
    store,
    timeoutMs: 600_000,
    notify: (line) => void notices.push(line),
    ...changes,
  });
  const messageOf = async (changes: Partial<EvaluationTask>) => {
    const data = await describeFile(folder.datasetPath);
    const { taskId, message } = toMessage(toyTask(folder, changes), {
      kind: 'kind',
      data,
      parent: undefined,
      timeoutMs: 600_000,
    });
    return { taskId, message, audience: new Audience([]), signal: NEVER };
  };
  const recorded = async (taskId: string) => {
    const read = readResult((await connection.redis.get(KEYS.result(taskId))) ?? '');
    return 'message' in read ? read.message : undefined;
  };

  it('records its result once: a later one that is equal changes nothing', async () => {
    const task = await messageOf({ seed: 'equal', checkpointPath: 'anywhere' });
    await runTask(runner('first'), task);
    const first = await recorded(task.taskId);
    await runTask(runner('second'), task);
    expect(await recorded(task.taskId)).toEqual(first);
    expect(first).toMatchObject({ worker: 'first', answer: { weights: { sha256: expect.any(String) } } });
    expect(await connection.redis.llen(KEYS.differences('queue'))).toBe(0);
    expect(readdirSync(join(store.folder, 'weights'))).toEqual([
      `${first && 'outcome' in first.answer ? first.answer.weights?.sha256 : ''}.safetensors`,
    ]);
  });

  it('ends with an error if its result differs in one bit from the first, which stays', async () => {
    const task = await messageOf({ seed: 'different' });
    await runTask(runner('first'), task);
    const first = await recorded(task.taskId);
    const wrong = runner('second', { evaluator: new InProcessEvaluator(alteredRuntime(runtime)) });
    await expect(runTask(wrong, task)).rejects.toMatchObject({
      code: 'ENGINE',
      message: expect.stringMatching(/another result for the network 2-2-max than first did.*test its memory/),
    });
    expect(await recorded(task.taskId)).toEqual(first);
    expect((await connection.redis.lrange(KEYS.differences('queue'), 0, -1)).map((text) => JSON.parse(text))).toEqual([
      { task: task.taskId, genome: '2-2-max', first: 'first', second: 'second' },
    ]);
  });

  it('keeps its result until Redis, which is full, takes it', async () => {
    const task = await messageOf({ seed: 'full' });
    server.command('config', 'set', 'maxmemory', '1');
    const outcome = runTask(runner('first'), task);
    while (notices.length === 0) await pause(50);
    expect(notices).toEqual([
      expect.stringMatching(/^the queue does not take the result of 2-2-max \(OOM .*\), which is tried again/),
    ]);
    server.command('config', 'set', 'maxmemory', '0');
    await outcome;
    expect(await recorded(task.taskId)).toMatchObject({ worker: 'first' });
  });

  it('does not train it if three workers died alone with it: it fails as a candidate', async () => {
    const task = await messageOf({ seed: 'poison' });
    for (const id of ['dead-1', 'dead-2']) await noteBegin(connection.redis, task.taskId, id, true);
    // One that is alive, and one that trained others as well.
    await noteBegin(connection.redis, task.taskId, 'alive', true);
    await noteBegin(connection.redis, task.taskId, 'dead-3', false);
    await announceWorker(connection.redis, {
      ...{ version: '1', protocol: 1, kind: 'kind', id: 'alive', host: 'here', pid: 1, slots: 1 },
      ...{ running: [], done: 0, failed: 0 },
    });
    expect(await runTask(runner('fourth'), task)).toMatchObject({ fitness: expect.any(Number) });
    await connection.redis.del(KEYS.result(task.taskId));
    await noteBegin(connection.redis, task.taskId, 'dead-3', true);
    expect(await runTask(runner('fifth'), task)).toMatchObject({
      fitness: 0,
      failure: { reason: 'crashed', message: expect.stringMatching(/3 workers died .*dead-1, dead-2, dead-3/) },
    });
    expect(await recorded(task.taskId)).toMatchObject({ worker: 'fifth' });
  });

  it('hands it back if its data is not here and no search can be reached', async () => {
    const task = await messageOf({ dataset: { path: folder.datasetPath, fingerprint: 'elsewhere' } });
    await expect(runTask(runner('first'), task)).rejects.toBeInstanceOf(HandBackError);
    expect(await recorded(task.taskId)).toBeUndefined();
  });

  it('ends it after the time limit of the search or its own, whichever is shorter', async () => {
    const task = await messageOf({ seed: 'long', training: { ...toyTask(folder).training, epochs: 100_000 } });
    expect(await runTask(runner('first', { timeoutMs: 300 }), task)).toMatchObject({
      failure: { reason: 'timeout', message: 'it took longer than 0.3 s' },
    });
  });

  it('has no time limit for a final training', async () => {
    const task = await messageOf({ selection: { seed: 'split', validation: 0.25, purpose: 'final' } });
    expect(await runTask(runner('first', { timeoutMs: 1 }), task)).not.toHaveProperty('failure');
  });

  it('answers with the error of a task that no machine could train', async () => {
    const selection = { seed: 'split', validation: 0.25, purpose: 'search', trainLimit: 1 } as const;
    const task = await messageOf({ selection });
    expect(await runTask(runner('first'), task)).toBeUndefined();
    expect(await recorded(task.taskId)).toMatchObject({ answer: { error: { code: 'INVALID_INPUT' } } });
    expect(existsSync(store.unfinished(task.taskId))).toBe(false);
  });
});

if (!hasRedis) it.skip('no queue is tried: redis-server is missing ("apt-get install redis-server" installs it)');
