// A final training whose length changes while it runs: in one session, in two, and replayed from its configuration.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventEmitter } from 'eventemitter3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeTinyDigits } from '../../../test/support/tiny-digits.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { decodeSafetensors } from '../../engine/state/safetensors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import { parseGenome } from '../../genome/text.ts';
import type { AdjustSteps } from '../budget/adjust-steps.ts';
import { RunSession } from '../candidates/run-session.ts';
import type { SearchConfigInput } from '../config/config.ts';
import type { SearchEvents } from '../records/events.ts';
import type { FinalEntry } from '../records/journal-entry.ts';
import type { OpenRun } from '../records/open-run.ts';
import { readJournal } from '../run/journal.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { openRunFolder, readConfigFile } from '../run/run-folder.ts';
import { reopenRun, startRun } from '../start-run.ts';
import { trainFinals } from './final-training.ts';

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
    expect(changed.notices).toEqual([
      `the final training took ${total} steps instead of the 14 planned, to end in time`,
    ]);
    expect(openRunFolder(out).config.finalSteps).toEqual([
      { at: 0, total: 14 },
      { at: 8, total },
    ]);
    const config = readConfigFile(join(out, 'config.json'));
    out += ' replayed';
    const replayed = await train(await startRun(resolveConfig(config, 'the test'), out, { cacheDir }), () => 4);
    expect(replayed.notices).toEqual([]);
    expect(replayed.weights).toEqual(changed.weights);
    expect(replayed.final.history).toEqual(changed.final.history);
    // Its weights are for runs that look for a training of this length; nobody looks for the other's.
    expect(replayed.final.id).not.toBe(changed.final.id);
  });

  it('says nothing of a change below a fifth', async () => {
    const changed = await train(await begin(), (done, planned) => (done === 8 ? 12 : planned));
    expect(changed.tasks.at(-1)?.part?.to).toBe(12);
    expect(changed.notices).toEqual([]);
  });

  it('goes on with the length that was decided before an interruption', async () => {
    const decide: AdjustSteps = (done, total) => (done === 8 ? 17 : total);
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

describe('the members of an ensemble', () => {
  /** Of two members, 28 steps are to come when the first is asked. */
  const decide: AdjustSteps = (done, total) => (done === 8 ? (total === 28 ? 22 : 16) : total);

  it('have a length each that leaves time for those after it, which the configuration replays', async () => {
    const changed = await train(await begin({ ensemble: 2 }), decide);
    expect(changed.tasks.map(({ part }) => part?.to)).toEqual([4, 8, 11, 4, 8, 12, 16]);
    const config = readConfigFile(join(out, 'config.json')) as SearchConfigInput;
    const lengths = [11, 16].map((total) => [
      { at: 0, total: 14 },
      { at: 8, total },
    ]);
    expect(config.memberSteps).toEqual(lengths);
    expect(config.finalSteps).toBeUndefined();
    out += ' replayed';
    const replayed = await train(await startRun(resolveConfig(config, 'the test'), out, { cacheDir }), () => 4);
    expect(replayed.tasks.map(({ part }) => part?.to)).toEqual([4, 8, 11, 4, 8, 12, 16]);
    expect(replayed.weights).toEqual(changed.weights);
  });

  it('go on with their lengths after an interruption', async () => {
    const whole = await train(await begin({ ensemble: 2 }), decide);
    out += ' interrupted';
    await expect(train(await begin({ ensemble: 2 }), decide, 12)).rejects.toMatchObject({ reason: 'cancelled' });
    const resumed = await train(await reopenRun(out, {}, { cacheDir }), keep);
    expect(resumed.tasks.map(({ part }) => part?.to)).toEqual([16]);
    expect(resumed.weights).toEqual(whole.weights);
  });
});

const keep: AdjustSteps = (_, total) => total;

function begin(further: Partial<SearchConfigInput> = {}): Promise<OpenRun> {
  const config = {
    dataset: { source: join(folder, 'digits') },
    genome: '4-4',
    finalEpochs: 2,
    roundSteps: 4,
    training: { batchSize: 32, epochs: 1 },
    tensorboard: false,
    ...further,
  };
  return startRun(resolveConfig(config, 'the test'), out, { cacheDir });
}

async function train(run: OpenRun, adjustSteps: AdjustSteps, abortAt?: number) {
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
  try {
    const session = new RunSession(run, evaluator, events);
    const finals = await trainFinals(session, parseGenome('4-4'), adjustSteps, abort.signal);
    const weights = finals.map(({ id }) => {
      const path = run.folder.checkpoint(id);
      return decodeSafetensors(readFileSync(path), path).tensors;
    });
    return { final: finals[0] as FinalEntry, tasks, notices, weights };
  } finally {
    run.close();
    await inner.close();
  }
}
