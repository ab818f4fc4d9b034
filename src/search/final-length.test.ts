// A final training whose length changes in its midst: in one session, in two, and replayed from its configuration.

import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeTinyDigits } from '../../test/support/tiny-digits.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import { decodeSafetensors } from '../engine/state/safetensors.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../evaluation/in-process-evaluator.ts';
import type { EvaluationTask } from '../evaluation/task.ts';
import type { Replan } from './budget/replan.ts';
import { trainFinals } from './final/final-training.ts';
import type { SearchEvents } from './records/events.ts';
import type { FinalEntry } from './records/journal-entry.ts';
import { readJournal } from './run/journal.ts';
import { openRunFolder, readConfigFile } from './run/run-folder.ts';
import { type OpenRun, reopenRun, startRun } from './start-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-deadline-'));
const cacheDir = join(folder, 'cache');
const runtime = await loadNodeRuntime();
let out: string;
let runs = 0;

beforeAll(() => writeTinyDigits(join(folder, 'digits')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = join(folder, `run ${runs++}`);
});

describe('a final training whose length may change', () => {
  it('keeps it if nothing else is decided', async () => {
    const { tasks, notices } = await train(await begin(), keep);
    expect(tasks.at(-1)?.part?.to).toBe(14);
    expect(notices).toEqual([]);
    expect(openRunFolder(out).config.finalSteps).toEqual([{ at: 0, total: 14 }]);
  });

  it.each([
    ['shorter', 11, [4, 8, 11]],
    ['longer', 19, [4, 8, 12, 16, 19]],
    ['over', 8, [4, 8]],
  ])('becomes %s, says so, and its configuration replays it', async (_, total, ends) => {
    const changed = await train(await begin(), (done, planned) => (done === 8 ? total : planned));
    expect(changed.tasks.map(({ part }) => part?.to)).toEqual(ends);
    expect(changed.notices).toEqual([`the final training has ${total} steps instead of 14, to end in time`]);
    expect(openRunFolder(out).config.finalSteps).toEqual([
      { at: 0, total: 14 },
      { at: 8, total },
    ]);
    const config = readConfigFile(join(out, 'config.json'));
    out += ' replayed';
    const replayed = await train(await startRun(config, 'the test', out, { cacheDir }), () => 4);
    expect(replayed.notices).toEqual([]);
    expect(replayed.weights).toEqual(changed.weights);
    expect(replayed.final.history).toEqual(changed.final.history);
    // Its weights are for runs that look for a training of this length; nobody looks for the other's.
    expect(replayed.final.id).not.toBe(changed.final.id);
  });

  it('goes on with the length that was decided before an interruption', async () => {
    const decide: Replan = (done, total) => (done === 8 ? 17 : total);
    const whole = await train(await begin(), decide);
    out += ' interrupted';
    await expect(train(await begin(), decide, 12)).rejects.toMatchObject({ reason: 'cancelled' });
    const resumed = await train(await reopenRun(out, {}, { cacheDir }), keep);
    expect(resumed.tasks.map(({ part }) => part?.to)).toEqual([17]);
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.final.history).toEqual(whole.final.history);
    const plans = readJournal(join(out, 'journal.jsonl')).filter(({ type }) => type === 'plan');
    expect(plans).toMatchObject([
      { at: 0, total: 14 },
      { at: 8, total: 17 },
    ]);
  });

  it('is asked with the time that a step takes, after every round but the first, which starts processes, and the last', async () => {
    const asked: [number, number][] = [];
    await train(await begin(), (done, total, secondsPerStep) => {
      expect(secondsPerStep).toBeGreaterThan(0);
      asked.push([done, total]);
      return total;
    });
    expect(asked).toEqual([[8, 14]]);
  });
});

const keep: Replan = (_, total) => total;

function begin(): Promise<OpenRun> {
  const config = {
    dataset: { source: join(folder, 'digits') },
    genome: '4-4',
    finalEpochs: 2,
    roundSteps: 4,
    training: { batchSize: 32, epochs: 1 },
    tensorboard: false,
  };
  return startRun(config, 'the test', out, { cacheDir });
}

async function train(run: OpenRun, replan: Replan, abortAt?: number) {
  const abort = new AbortController();
  const inner = new InProcessEvaluator(runtime);
  const tasks: EvaluationTask[] = [];
  const evaluator: Evaluator = {
    ...inner,
    concurrency: 1,
    evaluate(task, options) {
      tasks.push(task);
      if (task.part?.from === abortAt) abort.abort();
      return inner.evaluate(task, options);
    },
    close: () => inner.close(),
  };
  const events = new EventEmitter<SearchEvents>();
  const notices: string[] = [];
  events.on('notice', (notice) => notices.push(notice));
  const { folder: files, packedPath, dataset, config } = run;
  try {
    const [final] = await trainFinals(
      {
        run,
        evaluator,
        events,
        replan,
        tasks: {
          config,
          dataset: { path: packedPath, fingerprint: dataset.fingerprint },
          checkpoint: files.checkpoint,
        },
        elapsedSeconds: () => 0,
        describe: (candidate, outcome) => ({
          ...candidate,
          ...outcome,
          parameters: 0,
          flops: 0,
          seconds: 0,
          elapsedSeconds: 0,
        }),
      },
      '4-4',
      abort.signal,
    );
    const path = files.checkpoint((final as FinalEntry).id);
    const { tensors } = decodeSafetensors(readFileSync(path), path);
    return { final: final as FinalEntry, tasks, notices, weights: tensors };
  } finally {
    run.close();
    await inner.close();
  }
}
