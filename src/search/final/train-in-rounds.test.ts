// A final training in rounds, on tiny images in this process.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blockSize } from '../../../test/support/engines.ts';
import { writeTinyDigits } from '../../../test/support/tiny-digits.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { InterruptedError, InvalidInputError } from '../../errors.ts';
import type { EvaluationProgress, Evaluator } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch, resumeSearch } from '../create-search.ts';
import { readJournal } from '../run/journal.ts';
import type { Search } from '../search.ts';

/** 200 images. */
const source = mkdtempSync(join(tmpdir(), 'auto-cnn-rounds-'));
const cacheDir = join(source, 'cache');
const runtime = await loadNodeRuntime();
let out: string;
let runs = 0;

beforeAll(() => writeTinyDigits(join(source, 'digits')));
afterAll(() => rmSync(source, { recursive: true, force: true }));
beforeEach(() => {
  out = join(source, `run ${runs++}`);
});

describe('a final training in rounds', () => {
  let whole: Awaited<ReturnType<typeof run>>;
  let model: Buffer;
  beforeAll(async () => {
    out = join(source, 'uninterrupted');
    whole = await run(ROUNDS);
    model = modelOf(out);
  });

  it('gives with one replica what it gives in one piece, fractional epochs too', async () => {
    const inOne = await run({ finalEpochs: 2.3 });
    const modelInOne = modelOf(out);
    out += ' cut';
    const { evaluator, tasks } = recording();
    const cut = await run({ finalEpochs: 2.3, roundSteps: 4 }, evaluator);
    // 7 steps an epoch: 16.1 in all, and the last two belong to the round before.
    expect(tasks.map(({ part }) => part && [part.from, part.to])).toEqual([
      [0, 4],
      [4, 8],
      [8, 12],
      [12, 16],
    ]);
    expect(modelOf(out).equals(modelInOne)).toBe(true);
    expect(cut).toEqual(inOne);
    const [a, b] = [finalOf(out), finalOf(out.replace(' cut', ''))];
    expect(a.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    for (const [i, { loss, accuracy }] of b.history.entries()) {
      expect(a.history[i]?.loss).toBeCloseTo(loss, 12);
      expect(a.history[i]?.accuracy).toBeCloseTo(accuracy, 12);
    }
  });

  it('is shared by all threads, which change nothing', async () => {
    const models: Buffer[] = [];
    for (const workers of [1, 2, 4]) {
      out = join(source, `threads ${workers}`);
      const { evaluator, threads } = recording(workers);
      await run({ finalEpochs: 2, roundSteps: 5, genome: '16max32', lowering: 'auto' }, evaluator);
      expect(new Set(threads)).toEqual(new Set([blockSize === undefined ? 1 : workers]));
      models.push(modelOf(out));
    }
    for (const model of models.slice(1)) expect(model.equals(models[0] ?? Buffer.alloc(0))).toBe(true);
  });

  it('averages replicas, the same whatever the number of workers, and leaves no states', async () => {
    const { evaluator, tasks, most } = recording(2);
    expect(await run(ROUNDS, evaluator)).toEqual(whole);
    expect(tasks.map(({ part }) => part?.replica)).toEqual([0, 1, 0, 1, 0, 1]);
    expect(most()).toBe(2);
    expect(tasks[2]?.part?.start.map(({ id }) => id)).toEqual([tasks[0]?.id, tasks[1]?.id]);
    expect(existsSync(join(out, 'rounds'))).toBe(false);
    expect(modelOf(out).equals(model)).toBe(true);
    out += ' one';
    const other = recording(1);
    expect(await run(ROUNDS, other.evaluator)).toEqual(whole);
    expect(other.most()).toBe(1);
    expect(modelOf(out).equals(model)).toBe(true);
    out += ' single';
    await run({});
    expect(modelOf(out).equals(model)).toBe(false);
  });

  it('reports steps in their order and every epoch once, as the mean over all its images', async () => {
    const search = await begin(ROUNDS, recording(2).evaluator);
    const reports: EvaluationProgress[] = [];
    search.on('finalProgress', ({ progress }) => reports.push(progress));
    await search.run();
    const steps = reports.map(({ step }) => step);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(reports.every(({ totalSteps }) => totalSteps === 14)).toBe(true);
    const epochs = reports.flatMap(({ epoch }) => epoch ?? []);
    expect(epochs).toEqual(finalOf(out).history);
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
    for (const { accuracy } of epochs) expect(accuracy * 200).toBeCloseTo(Math.round(accuracy * 200), 9);
    const details = reports.flatMap(({ details }) => details ?? []);
    expect(details.map(({ losses, weights }) => [losses.length, weights.length > 0])).toEqual([
      [7, true],
      [7, true],
    ]);
    expect(details[0]?.losses.every((loss) => loss > 0)).toBe(true);
  });

  it('goes on after an interruption with the round, and in it with the replica, it had come to', async () => {
    const abort = new AbortController();
    const stopping = recording(1, (task) => {
      if (task.part?.from === 4 && task.part.replica === 1) abort.abort();
    });
    const search = await begin(ROUNDS, stopping.evaluator);
    await expect(search.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    const { evaluator, tasks } = recording(2);
    expect(await finish(await resumeSearch(out, { cacheDir, evaluator }))).toEqual(whole);
    expect(tasks.map(({ part }) => [part?.from, part?.replica])).toEqual([
      [4, 1],
      [8, 0],
      [8, 1],
    ]);
    expect(modelOf(out).equals(model)).toBe(true);
  });

  it.each([
    ['one of the newest states', 1, [[4, 1]]],
    [
      'the newest states',
      2,
      [
        [4, 0],
        [4, 1],
      ],
    ],
    [
      'all states',
      4,
      [
        [0, 0],
        [0, 1],
        [4, 0],
        [4, 1],
      ],
    ],
  ])('trains again what led to %s if they are damaged', async (_, damaged, again) => {
    const abort = new AbortController();
    const stopping = recording(1, (task) => {
      if (task.part?.from === 8) abort.abort();
    });
    const search = await begin(ROUNDS, stopping.evaluator);
    await expect(search.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    const states = stopping.tasks.slice(0, 4).map(({ checkpointPath = '' }) => checkpointPath);
    for (const path of states.slice(4 - damaged)) {
      const bytes = readFileSync(path);
      bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 1;
      writeFileSync(path, bytes);
    }
    const { evaluator, tasks } = recording(1);
    const notices: string[] = [];
    const resumed = await resumeSearch(out, { cacheDir, evaluator });
    resumed.on('notice', (notice) => notices.push(notice));
    expect(await finish(resumed)).toEqual(whole);
    expect(notices.some((notice) => notice.includes(`training continues from step ${again[0]?.[0]}`))).toBe(true);
    expect(tasks.map(({ part }) => [part?.from, part?.replica])).toEqual([...again, [8, 0], [8, 1]]);
    expect(modelOf(out).equals(model)).toBe(true);
  });

  it('fails with the first replica that fails', async () => {
    const inner = recording(1).evaluator;
    const failing: Evaluator = {
      ...inner,
      evaluate: async (task, options) =>
        task.part?.from === 4 && task.part.replica === 1
          ? { fitness: 0, history: [], bestEpoch: 0, failure: { reason: 'timeout', message: 'too slow' } }
          : inner.evaluate(task, options),
    };
    await expect(run(ROUNDS, failing)).rejects.toThrow(/the training of 4-4 failed: too slow/);
    expect(existsSync(join(out, 'rounds'))).toBe(false);
  });

  it('takes the weights of an equal training from a shared folder', async () => {
    const checkpointDir = join(source, 'shared weights');
    const first = await run({ ...ROUNDS, checkpointDir });
    out += ' again';
    const { evaluator, tasks } = recording();
    expect(await run({ ...ROUNDS, checkpointDir }, evaluator)).toEqual(first);
    expect(tasks).toEqual([]);
    out += ' other';
    const other = recording();
    await run({ ...ROUNDS, roundSteps: 7, checkpointDir }, other.evaluator);
    expect(other.tasks.length).toBeGreaterThan(0);
  });

  it('trains several repeats at a time if there are more workers than replicas', async () => {
    const { evaluator, most } = recording(4);
    await run({ ...ROUNDS, repeats: 2 }, evaluator);
    expect(most()).toBe(4);
    out += ' few';
    const few = recording(2);
    await run({ ...ROUNDS, repeats: 2 }, few.evaluator);
    expect(few.most()).toBe(2);
    const repeats = few.tasks.map(({ seed }) => seed);
    expect(repeats).toEqual(repeats.toSorted((a, b) => a.length - b.length));
  });

  it('keeps to steps that its configuration gives, in place of epochs', async () => {
    const finalSteps = [
      { at: 0, total: 20 },
      { at: 8, total: 12 },
    ];
    const { evaluator, tasks } = recording();
    await run({ roundSteps: 4, finalSteps }, evaluator);
    expect(tasks.map(({ part }) => part?.to)).toEqual([4, 8, 12]);
    expect(finalOf(out).history.map(({ epoch }) => epoch)).toEqual([1, 2]);
    const [first, , last] = tasks;
    expect(first?.part?.plan).toEqual([{ at: 0, total: 20 }]);
    expect(last?.part?.plan).toEqual(finalSteps);
  });

  it.each<[Partial<SearchConfigInput>, RegExp]>([
    [
      { replicas: 2, training: { schedule: { name: 'reduce-on-plateau' } } },
      /reduce-on-plateau needs the loss of whole epochs/,
    ],
    [{ finalSteps: [{ at: 3, total: 9 }] }, /finalSteps\[0\] must begin at 0/],
    [
      {
        finalSteps: [
          { at: 0, total: 9 },
          { at: 10, total: 12 },
        ],
      },
      /finalSteps\[0\] must begin at 0, and must not end before|finalSteps\[1\] must begin after 0 and by 9/,
    ],
  ])('refuses %j before anything is written', async (config, message) => {
    const started = begin(config, recording().evaluator);
    await expect(started).rejects.toThrow(InvalidInputError);
    await expect(started).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });
});

const ROUNDS: Partial<SearchConfigInput> = { replicas: 2, roundSteps: 4 };

function begin(config: Partial<SearchConfigInput>, evaluator: Evaluator): Promise<Search> {
  const augmentation = { padAndCrop: 1, padding: 'reflect', horizontalFlip: 'alternating' } as const;
  const training = { epochs: 1, batchSize: 32, augmentation, ...config.training };
  const dataset = { source: join(source, 'digits') };
  return createSearch({ dataset, genome: '4-4', finalEpochs: 2, ...config, training }, { out, cacheDir, evaluator });
}

async function run(config: Partial<SearchConfigInput>, evaluator: Evaluator = recording().evaluator) {
  return finish(await begin(config, evaluator));
}

/** What does not depend on time. */
async function finish(search: Search) {
  const { seconds, searchSeconds, finalTrainingSeconds, ...summary } = await search.run();
  return summary;
}

function modelOf(path: string): Buffer {
  return readFileSync(join(path, 'model.onnx'));
}

function finalOf(path: string) {
  const final = readJournal(join(path, 'journal.jsonl')).find((entry) => entry.type === 'final');
  if (final?.type !== 'final') throw new Error(`no final training in ${readdirSync(path)}`);
  return final;
}

/** So many at a time; calls `before` with each task. */
function recording(concurrency = 2, before: (task: EvaluationTask) => void = () => {}) {
  const inner = new InProcessEvaluator(runtime);
  const tasks: EvaluationTask[] = [];
  const threads: unknown[] = [];
  let [running, most] = [0, 0];
  const evaluator: Evaluator = {
    concurrency,
    async evaluate(task, options) {
      tasks.push(task);
      threads.push(options?.threads);
      most = Math.max(most, ++running);
      before(task);
      try {
        return await inner.evaluate(task, options);
      } finally {
        running--;
      }
    },
    close: () => inner.close(),
  };
  return { evaluator, tasks, threads, most: () => most };
}
