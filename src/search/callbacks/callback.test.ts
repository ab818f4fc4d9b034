import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { mnistThumbnailArrays } from '../../../test/support/mnist-thumbnails.ts';
import { datasetFromArrays } from '../../data/build/from-arrays.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { InterruptedError } from '../../errors.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import { AutoCNN } from '../auto-cnn/auto-cnn.ts';
import type { AutoCnnOptions } from '../auto-cnn/auto-cnn-options.ts';
import { resumeSearch } from '../create-search.ts';
import type { EvaluationEntry, FinalEntry } from '../records/journal-entry.ts';
import { readJournal } from '../run/journal.ts';
import { openRunFolder } from '../run/run-folder.ts';
import type { Callback } from './callback.ts';
import { earlyStopping } from './early-stopping.ts';
import { learningRateScheduler } from './learning-rate-scheduler.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-callbacks-'));
const runtime = await loadNodeRuntime();
const arrays = await mnistThumbnailArrays(200, 50);
let out: string;
let runs = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = join(folder, `run ${runs++}`);
});

describe('callbacks', () => {
  it('are called in the order of events, one at a time, and waited for', async () => {
    const heard: string[] = [];
    let busy = false;
    const hear = async (what: string) => {
      expect(busy).toBe(false);
      busy = true;
      await new Promise((resolve) => setTimeout(resolve, 3));
      heard.push(what);
      busy = false;
    };
    await small({
      epochNumber: 2,
      extraCallbacks: [
        {
          onSearchStart: ({ folder }) => hear(`start ${folder === out}`),
          onEvaluationStart: ({ final }) => hear(final ? 'begin final' : 'begin'),
          onEpochEnd: ({ epoch, loss, final }) => hear(`epoch ${epoch} ${loss > 0}${final ? ' final' : ''}`),
          onEvaluationEnd: ({ history, final }) => hear(`end ${history.length}${final ? ' final' : ''}`),
          onGeneration: ({ generation }) => hear(`generation ${generation}`),
          onSearchEnd: ({ summary }) => hear(`done ${summary?.testExamples}`),
        },
      ],
    }).run();
    const candidate = ['begin', 'epoch 1 true', 'epoch 2 true', 'end 2'];
    const evaluations = readJournal(join(out, 'journal.jsonl')).length - 1;
    const withoutGenerations = heard.filter((what) => !what.startsWith('generation'));
    expect(withoutGenerations).toEqual([
      'start true',
      ...Array.from({ length: evaluations }, () => candidate).flat(),
      'begin final',
      'epoch 1 true final',
      'end 1 final',
      'done 50',
    ]);
    expect(heard.filter((what) => what.startsWith('generation'))).toEqual(['generation 0', 'generation 1']);
    const at = heard.indexOf('generation 0');
    expect(heard.slice(at - 1, at + 2)).toEqual(['end 2', 'generation 0', 'begin']);
  });

  it('hold the next training up until they are done, however long that takes', async () => {
    const done = { start: 0, begin: 0, end: 0, generation: 0 };
    const finish = (what: keyof typeof done) => async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      done[what]++;
    };
    const inner = new InProcessEvaluator(runtime);
    const seen: (typeof done)[] = [];
    await small({
      extraCallbacks: [
        {
          onSearchStart: finish('start'),
          onEvaluationStart: finish('begin'),
          onEvaluationEnd: finish('end'),
          onGeneration: finish('generation'),
        },
      ],
      evaluator: {
        concurrency: 1,
        evaluate: (task, options) => {
          seen.push({ ...done });
          return inner.evaluate(task, options);
        },
        close: () => inner.close(),
      },
    }).run();
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.map(({ start, begin, end }) => [start, begin, end])).toEqual(seen.map((_, i) => [1, i + 1, i]));
    expect(seen.at(-1)?.generation).toBe(2);
  });

  it('that throw are reported by name, once for each reason, and lose nothing', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    class Plotter implements Callback {
      async onEpochEnd() {
        throw new Error('no screen');
      }
    }
    const named: Callback = {
      name: 'mailer',
      onEvaluationEnd() {
        throw new Error('no network');
      },
    };
    const best = await small({ extraCallbacks: [new Plotter(), named] }).run();
    expect(best.notices).toEqual([
      'callback Plotter failed in onEpochEnd: no screen; the search went on',
      'callback mailer failed in onEvaluationEnd: no network; the search went on',
    ]);
    expect(warn.mock.calls.map(([text]) => text)).toEqual(best.notices);
    warn.mockRestore();
    const reference = await withoutCallbacks();
    expect(`${best}`).toBe(`${reference}`);
  });

  it('can stop a search, which returns the best so far, and the run can be continued', async () => {
    let evaluations = 0;
    const ends: unknown[] = [];
    const best = await small({
      extraCallbacks: [
        {
          onEvaluationEnd: (_, { stopSearch }) => (++evaluations === 2 ? stopSearch() : undefined),
          onSearchEnd: (end) => void ends.push(end),
        },
      ],
    }).run();
    const entries = evaluationsOf(out);
    expect(entries).toHaveLength(2);
    expect(entries.map(({ genome }) => genome)).toContain(`${best}`);
    expect(ends).toEqual([{ folder: out, summary: undefined }]);
    expect((await best.evaluate()).accuracy).toBeGreaterThanOrEqual(0);
  });

  it('that stop a search before any network is trained leave nothing to give', async () => {
    const run = small({ extraCallbacks: [{ onSearchStart: (_, { stopSearch }) => stopSearch() }] }).run();
    await expect(run).rejects.toThrow(InterruptedError);
  });

  it('can stop an evaluation after an epoch, which is all that then counts of it', async () => {
    const whole = await withoutCallbacks({ epochNumber: 4 });
    const reference = new Map(evaluationsOf(whole.folder).map((entry) => [entry.id, entry]));
    out += ' stopped';
    await small({
      epochNumber: 4,
      extraCallbacks: [
        {
          async onEpochEnd({ epoch }, { stopEvaluation }) {
            await new Promise((resolve) => setTimeout(resolve, 5));
            if (epoch === 2) stopEvaluation();
          },
        },
      ],
    }).run();
    const stopped = evaluationsOf(out);
    const first = stopped[0];
    const full = reference.get(first?.id ?? '');
    expect(first).toMatchObject({ stopped: true, history: full?.history.slice(0, 2) });
    expect(first?.fitness).toBe(
      Math.max(...(full?.history.slice(0, 2).map((epoch) => epoch.validationAccuracy ?? 0) ?? [])),
    );
    expect(stopped.every((entry) => entry.stopped && entry.history.length === 2)).toBe(true);
    expect(full?.history).toHaveLength(4);
  });

  it('that stop the best candidate leave its weights, should its final training fail', async () => {
    const inner = new InProcessEvaluator(runtime);
    const failure = { reason: 'timeout', message: 'too slow' } as const;
    const best = await small({
      epochNumber: 30,
      extraCallbacks: [{ onEpochEnd: (_, { stopEvaluation }) => stopEvaluation() }],
      settings: { training: { batchSize: 8, schedule: { name: 'constant' } } },
      evaluator: {
        concurrency: 1,
        evaluate: async (task, options) =>
          task.selection.purpose === 'final'
            ? { fitness: 0, history: [], bestEpoch: 0, failure }
            : inner.evaluate(task, options),
        close: () => inner.close(),
      },
    }).run();
    expect(best.notices).toEqual(['the final training failed (too slow); the model has the weights of the search']);
    expect((await best.evaluate()).accuracy).toBeGreaterThan(0.1);
    expect(evaluationsOf(out).every(({ history, stopped }) => stopped && history.length === 1)).toBe(true);
  });

  it('that stop an evaluation before its first epoch make it fail with that reason', async () => {
    let started = 0;
    await small({
      extraCallbacks: [
        { onEvaluationStart: (_, { stopEvaluation }) => (started++ === 0 ? stopEvaluation() : undefined) },
      ],
    }).run();
    expect(evaluationsOf(out)[0]).toMatchObject({
      fitness: 0,
      stopped: true,
      failure: { reason: 'cancelled', message: 'a callback stopped it before the end of its first epoch' },
    });
  });
});

describe('the ready-made callbacks', () => {
  it('end trainings that no longer get better, final ones too, and set the learning rate of each epoch', async () => {
    const scheduler = learningRateScheduler((epoch, rate) => (epoch === 1 ? rate / 10 : rate));
    const settings = { finalEpochs: 4, training: { batchSize: 32 } };
    const optimizer = { name: 'adam', learningRate: 0.01 } as const;
    await small({ epochNumber: 4, optimizer, extraCallbacks: [scheduler], settings }).run();
    const byTable = evaluationsOf(out);
    const steps = [
      { epoch: 0, factor: 1 },
      { epoch: 1, factor: 0.1 },
    ];
    expect(openRunFolder(out).config.training.schedule).toEqual({ name: 'step', steps });

    out += ' stopped';
    const stopping = earlyStopping({ monitor: 'validationAccuracy', patience: 1, minDelta: 0.5 });
    const stoppingFinals = earlyStopping({ monitor: 'loss', minDelta: 10 });
    const training = { ...settings.training, schedule: { name: 'step', steps } } as const;
    await small({
      epochNumber: 4,
      optimizer,
      extraCallbacks: [stopping, stoppingFinals],
      settings: { ...settings, training },
    }).run();
    const [first] = evaluationsOf(out);
    expect(first).toMatchObject({ stopped: true, history: byTable[0]?.history.slice(0, 2) });
    expect(finalsOf(out)).toMatchObject([{ stopped: true, bestEpoch: 2 }]);
  });
});

describe('callbacks of the final trainings', () => {
  it('are told which they are, and that there is no fitness', async () => {
    const heard: unknown[] = [];
    const extraCallbacks: Callback[] = [
      {
        onEvaluationStart: ({ final, repeat }) => void (final && heard.push(['start', repeat])),
        onEpochEnd: ({ final, repeat, epoch, validationAccuracy }) =>
          void (final && heard.push(['epoch', repeat, epoch, validationAccuracy])),
        onEvaluationEnd: ({ final, repeat, fitness, bestEpoch }) =>
          void heard.push(final ? ['end', repeat, fitness, bestEpoch] : typeof fitness),
      },
    ];
    await small({ extraCallbacks, settings: { finalEpochs: 2, repeats: 2, training: { batchSize: 32 } } }).run();
    const of = (repeat: number) => [
      ['start', repeat],
      ['epoch', repeat, 1, undefined],
      ['epoch', repeat, 2, undefined],
      ['end', repeat, undefined, 2],
    ];
    expect(heard.filter((what) => what !== 'number')).toEqual([...of(1), ...of(2)]);
  });

  it('can stop one after an epoch: the model is as if it had ended there, and so it stays on resuming', async () => {
    const training = { batchSize: 32, schedule: { name: 'constant' } } as const;
    const stopAfterTwo: Callback = {
      async onEpochEnd({ final, epoch }, { stopEvaluation }) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (final && epoch === 2) stopEvaluation();
      },
    };
    const whole = await small({ settings: { genome: '4-8', finalEpochs: 2, training } }).run();
    out += ' stopped';
    const settings = { genome: '4-8', finalEpochs: 40, training };
    const best = await small({ settings, extraCallbacks: [stopAfterTwo] }).run();
    expect(finalsOf(out)).toMatchObject([{ stopped: true, bestEpoch: 2, history: finalsOf(whole.folder)[0]?.history }]);
    const score = await best.evaluate();
    expect(score).toEqual(await whole.evaluate());

    rmSync(join(out, 'summary.json'));
    rmSync(join(out, 'model.onnx'));
    const dataset = datasetFromArrays(arrays);
    const idle = new InProcessEvaluator(runtime);
    idle.evaluate = () => Promise.reject(new Error('nothing is left to train'));
    await (await resumeSearch(out, { dataset, evaluator: idle })).run();
    expect(await (await AutoCNN.load(out)).evaluate()).toEqual(score);
  });

  it('can leave one out: the model has the weights of the search', async () => {
    const skip: Callback = {
      onEvaluationStart: ({ final }, { stopEvaluation }) => (final ? stopEvaluation() : undefined),
    };
    const best = await small({ extraCallbacks: [skip] }).run();
    expect(best.notices).toEqual([
      'the final training failed (a callback stopped it before the end of its first epoch); the model has the weights of the search',
    ]);
    expect((await best.evaluate()).accuracy).toBeGreaterThan(0.1);
  });

  it('can stop the search: the best so far is what it gives', async () => {
    const ends: unknown[] = [];
    const stopper: Callback = {
      onEpochEnd: ({ final }, { stopSearch }) => (final ? stopSearch() : undefined),
      onSearchEnd: ({ summary }) => void ends.push(summary),
    };
    const best = await small({
      extraCallbacks: [stopper],
      settings: { finalEpochs: 50, training: { batchSize: 32 } },
    }).run();
    expect(ends).toEqual([undefined]);
    expect(finalsOf(out)).toEqual([]);
    expect(evaluationsOf(out).map(({ genome }) => genome)).toContain(`${best}`);
  });

  it('that throw lose nothing', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const broken: Callback = {
      name: 'plotter',
      onEpochEnd({ final }) {
        if (final) throw new Error('no screen');
      },
    };
    const best = await small({ extraCallbacks: [broken] }).run();
    warn.mockRestore();
    expect(best.notices).toEqual(['callback plotter failed in onEpochEnd: no screen; the search went on']);
    expect(await best.evaluate()).toEqual(await (await withoutCallbacks()).evaluate());
  });

  it('do not stop one that another run has done already', async () => {
    const checkpointDir = join(folder, 'shared weights');
    const settings = { genome: '4-8', finalEpochs: 3, training: { batchSize: 32 } };
    const whole = await small({ checkpointDir, settings }).run();
    out += ' again';
    const stop: Callback = { onEpochEnd: (_, { stopEvaluation }) => stopEvaluation() };
    const best = await small({ checkpointDir, settings, extraCallbacks: [stop] }).run();
    expect(finalsOf(out)).toMatchObject([{ cached: true, bestEpoch: 3 }]);
    expect(await best.evaluate()).toEqual(await whole.evaluate());
  });
});

function small(options: Partial<AutoCnnOptions> = {}): AutoCNN {
  return new AutoCNN({
    populationSize: 3,
    maximalGenerationNumber: 1,
    epochNumber: 1,
    dataset: arrays,
    searchSpace: { channels: [4, 8], maxDepth: 2 },
    settings: { finalEpochs: 1, training: { batchSize: 32 } },
    evaluator: new InProcessEvaluator(runtime),
    out,
    ...options,
  });
}

function withoutCallbacks(options: Partial<AutoCnnOptions> = {}) {
  return small({ ...options, out: `${out} without callbacks` }).run();
}

function finalsOf(run: string): FinalEntry[] {
  return readJournal(join(run, 'journal.jsonl')).filter((entry) => entry.type === 'final');
}

function evaluationsOf(run: string): EvaluationEntry[] {
  return readJournal(join(run, 'journal.jsonl')).filter((entry) => entry.type === 'evaluation');
}
