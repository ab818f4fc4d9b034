import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventEmitter } from 'eventemitter3';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeMnistThumbnails } from '../../../test/support/mnist-thumbnails.ts';
import {
  type ReadEvent,
  readEventFolder,
  readExperiment,
  readSession,
  scalarsOf,
} from '../../../test/support/read-event-file.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { decodeState } from '../../engine/state/safetensors.ts';
import type { EpochRecord } from '../../engine/training/train.ts';
import { InterruptedError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import { parseGenome } from '../../genome/text.ts';
import { createNetwork } from '../../network/training-graph.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch, resumeSearch } from '../create-search.ts';
import type { SearchEvents } from '../records/events.ts';
import type { EvaluationEntry, FinalEntry } from '../records/journal-entry.ts';
import { readJournal } from '../run/journal.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import type { Search } from '../search.ts';
import { logForTensorBoard } from './search-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-tensorboard-'));
const source = join(folder, 'data');
const runtime = await loadNodeRuntime();
let out: string;
let runs = 0;

beforeAll(() => writeMnistThumbnails(source, 120, 30));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = join(folder, `run-${runs++}`);
});

describe('the TensorBoard log of a search', () => {
  it('holds every scalar of the history, and batches whose mean it is', async () => {
    await (await begin()).run();
    const entries = evaluationsOf(out);
    expect(entries.length).toBeGreaterThan(2);
    expect(readdirSync(join(out, 'tensorboard', 'candidates'))).toHaveLength(entries.length);
    for (const { id, genome, history, fitness, bestEpoch } of entries) {
      const events = readCandidate(out, id);
      expect(events[0]?.fileVersion).toBe('brain.Event:2');
      expectScalars(events, history);
      // 96 images to train on, 32 in a batch.
      expectBatches(events, history, [32, 32, 32]);
      expect(scalarsOf(events, 'fitness')).toEqual([[bestEpoch, Math.fround(fitness)]]);
      expect(folderOf(out, id)).toContain(genome.slice(0, 40));
    }
    const [final] = readJournal(join(out, 'journal.jsonl')).filter(
      (entry): entry is FinalEntry => entry.type === 'final',
    );
    const events = readEventFolder(join(out, 'tensorboard', 'final'));
    expectScalars(events, final?.history ?? []);
    expectBatches(events, final?.history ?? [], [32, 32, 32, 24]);
  });

  it('holds a histogram of every parameter tensor, the last of the best weights', async () => {
    await (await begin({ training: { epochs: 1, batchSize: 32 } })).run();
    for (const { id, genome } of evaluationsOf(out)) {
      const { layout } = createNetwork(
        parseGenome(genome),
        { input: { channels: 1, height: 8, width: 8 }, classes: 10 },
        { mean: [0], std: [1] },
      );
      const { parameters } = decodeState(layout, readFileSync(join(out, 'checkpoints', `${id}.safetensors`)), id);
      const histograms = readCandidate(out, id).flatMap(({ step, values }) =>
        values.flatMap(({ tag, histogram }) => (histogram === undefined ? [] : [{ step, tag, histogram }])),
      );
      expect(histograms.map(({ tag }) => tag)).toEqual(layout.parameters.map(({ name }) => `weights/${name}`));
      for (const [i, { step, histogram }] of histograms.entries()) {
        const { offset = 0, size = 0 } = layout.parameters[i] ?? {};
        const weights = [...parameters.subarray(offset, offset + size)];
        expect(step).toBe(1);
        expect(histogram.buckets.reduce((a, b) => a + b)).toBe(size);
        expect(histogram).toMatchObject({ num: size, min: Math.min(...weights), max: Math.max(...weights) });
        expect(histogram.sum).toBeCloseTo(
          weights.reduce((sum, weight) => sum + weight, 0),
          9,
        );
        expect(histogram.sumSquares).toBeCloseTo(
          weights.reduce((sum, weight) => sum + weight ** 2, 0),
          9,
        );
        expect(histogram.limits).toHaveLength(histogram.buckets.length);
      }
    }
  });

  it('holds best and mean fitness of each generation', async () => {
    const search = await begin();
    const best: [number, number][] = [];
    const mean: [number, number][] = [];
    search.on('generation', (event) => {
      best.push([event.generation, Math.fround(event.best.fitness)]);
      const sum = event.population.reduce((total, { fitness }) => total + fitness, 0);
      mean.push([event.generation, Math.fround(sum / event.population.length)]);
    });
    await search.run();
    const events = readEventFolder(join(out, 'tensorboard', 'search'));
    expect(best).toHaveLength(2);
    expect(scalarsOf(events, 'fitness/best')).toEqual(best);
    expect(scalarsOf(events, 'fitness/mean')).toEqual(mean);
  });

  it('holds hyper-parameters of each candidate and, at the end, of the experiment', async () => {
    const before = Date.now() / 1000;
    await (await begin()).run();
    const entries = evaluationsOf(out);
    const sessions = entries.map(({ id, genome, parameters, flops }) => {
      const session = readSession(readCandidate(out, id));
      expect(session).toMatchObject({ group: id, status: 1 });
      expect(session.parameters).toMatchObject({ genome, parameters, flops, epochs: 2, batchSize: 32 });
      expect(session.parameters).toMatchObject({ 'optimizer.name': 'muon', 'schedule.name': 'one-cycle' });
      expect(session.startedAt).toBeGreaterThanOrEqual(before);
      expect(session.endedAt).toBeGreaterThanOrEqual(session.startedAt);
      return session;
    });
    const { infos, metrics } = readExperiment(readEventFolder(join(out, 'tensorboard', 'search')));
    expect(metrics).toEqual(['fitness', 'epoch/validation_accuracy']);
    expect(infos.map(({ name }) => name)).toEqual(Object.keys(sessions[0]?.parameters ?? {}));
    const info = (name: string) => infos.find((each) => each.name === name);
    expect(info('genome')).toMatchObject({ type: 1, discrete: entries.map(({ genome }) => genome) });
    const counts = entries.map(({ parameters }) => parameters);
    expect(info('parameters')).toMatchObject({ type: 3, interval: [Math.min(...counts), Math.max(...counts)] });
  });

  it('changes no result', async () => {
    await (await begin()).run();
    const logged = out;
    out += '-silent';
    await (await begin({ tensorboard: false })).run();
    expect(existsSync(join(out, 'tensorboard'))).toBe(false);
    expect(timeless(out)).toEqual(timeless(logged));
    expect(readFileSync(join(out, 'model.onnx')).equals(readFileSync(join(logged, 'model.onnx')))).toBe(true);
  });

  it('of a search that was interrupted in a training and resumed is that of an uninterrupted one', async () => {
    await (await begin()).run();
    const uninterrupted = out;
    out += '-interrupted';
    const abort = new AbortController();
    const search = await begin();
    let epochs = 0;
    search.on('progress', ({ progress }) => {
      if (progress.epoch !== undefined && ++epochs === 3) abort.abort();
    });
    await expect(search.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    const finished = evaluationsOf(out).map(({ id }) => fileOf(out, id));
    const [half] = readdirSync(join(out, 'tensorboard', 'candidates')).filter(
      (name) => !finished.some((path) => path.includes(name)),
    );
    expect(scalarsOf(readEventFolder(join(out, 'tensorboard', 'candidates', half ?? '')), 'epoch/loss')).toHaveLength(
      1,
    );
    const contents = finished.map((path) => readFileSync(path));

    await (await resumeSearch(out, { evaluator: new InProcessEvaluator(runtime) })).run();
    expect(finished.map((path) => readFileSync(path))).toEqual(contents);
    const names = readdirSync(join(uninterrupted, 'tensorboard'), { recursive: true, encoding: 'utf8' });
    const folders = names.filter((name) => statSync(join(uninterrupted, 'tensorboard', name)).isDirectory());
    expect(folders.length).toBeGreaterThan(4);
    for (const name of folders.filter((each) => each !== 'candidates')) {
      const [whole, resumed] = [uninterrupted, out].map((run) => readEventFolder(join(run, 'tensorboard', name)));
      expect(withoutTimes(resumed ?? [])).toEqual(withoutTimes(whole ?? []));
    }
    const experiments = [uninterrupted, out].map((run) =>
      readExperiment(readEventFolder(join(run, 'tensorboard', 'search'))),
    );
    expect(experiments[1]).toEqual(experiments[0]);
  });

  it('of a run that was done already stays as it is', async () => {
    await (await begin()).run();
    const files = () =>
      readdirSync(join(out, 'tensorboard'), { recursive: true, encoding: 'utf8' })
        .map((name) => join(out, 'tensorboard', name))
        .filter((path) => statSync(path).isFile())
        .map((path) => [path, readFileSync(path, 'hex')]);
    const before = files();
    await (await resumeSearch(out, { evaluator: new InProcessEvaluator(runtime) })).run();
    expect(files()).toEqual(before);
  });

  it('is written from the journal where it is missing', async () => {
    const abort = new AbortController();
    const search = await begin({ tensorboard: false });
    search.on('evaluation', () => abort.abort());
    await expect(search.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    const path = join(out, 'config.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"tensorboard": false', '"tensorboard": true'));
    const [first] = evaluationsOf(out);
    await (await resumeSearch(out, { evaluator: new InProcessEvaluator(runtime) })).run();
    const events = readCandidate(out, first?.id ?? '');
    expectScalars(events, first?.history ?? []);
    expect(readSession(events)).toMatchObject({ parameters: { genome: first?.genome }, status: 1 });
  });

  it('goes where the user says, a folder a run', async () => {
    const logsDir = join(folder, 'logs');
    await (await begin({ logsDir, generations: 0 })).run();
    expect(existsSync(join(out, 'tensorboard'))).toBe(false);
    expect(readdirSync(logsDir)).toEqual([out.slice(folder.length + 1)]);
    expect(readdirSync(join(logsDir, out.slice(folder.length + 1))).sort()).toEqual(['candidates', 'final', 'search']);
  });

  it('ends with one notice if it cannot be written, and the search goes on', async () => {
    const search = await begin({ generations: 0 });
    writeFileSync(join(out, 'tensorboard'), 'in the way');
    const notices = vi.fn();
    search.on('notice', notices);
    const summary = await search.run();
    expect(summary.evaluations).toBeGreaterThan(0);
    expect(notices.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^the TensorBoard log of this search ends here: Cannot write .*tensorboard.*The search continues\.$/,
        ),
      ],
    ]);
  });
});

describe('the TensorBoard log of a candidate', () => {
  const config = resolveConfig({ dataset: { source: 'any' } }, 'test');
  const records: EpochRecord[] = [1, 2, 3].map((epoch) => ({ epoch, loss: 1 / epoch, accuracy: epoch / 4 }));
  const entry: EvaluationEntry = {
    type: 'evaluation',
    id: 'abc',
    genome: '8-8',
    fitness: 0.5,
    bestEpoch: 2,
    history: records,
    parameters: 1,
    flops: 2,
    seconds: 1,
    elapsedSeconds: 1,
  };

  function listen() {
    const search = new EventEmitter<SearchEvents>();
    let time = 1000;
    const costOf = () => ({ parameters: 1, flops: 2 });
    logForTensorBoard(search, { folder: join(out, 'tensorboard'), config, costOf, now: () => time++ });
    return search;
  }

  function tell(search: EventEmitter<SearchEvents>, record: EpochRecord): void {
    const details = { losses: Float32Array.of(1, 2), accuracies: Float32Array.of(0, 1), weights: [] };
    const progress = { step: 2 * record.epoch, totalSteps: 6, epoch: record, details };
    search.emit('progress', { id: 'abc', genome: '8-8', progress });
  }

  it('starts again when its process died and it is retried', () => {
    const search = listen();
    search.emit('evaluationStart', entry);
    for (const record of [...records.slice(0, 2), ...records]) tell(search, record);
    search.emit('evaluation', entry);
    const events = readCandidate(out, 'abc');
    expectScalars(events, records);
    expect(scalarsOf(events, 'batch/loss')).toEqual([1, 2, 3, 4, 5, 6].map((step) => [step, step % 2 === 1 ? 1 : 2]));
    expect(readSession(events)).toMatchObject({ group: 'abc', status: 1 });
  });

  it('has the epochs also if they become known only at the end', () => {
    const search = listen();
    search.emit('evaluationStart', entry);
    search.emit('evaluation', entry);
    expectScalars(readCandidate(out, 'abc'), records);
  });

  it('has other metrics than accuracy, where they are measured', () => {
    const search = listen();
    search.emit('evaluationStart', entry);
    tell(search, { epoch: 1, loss: 1, accuracy: 0, validationLoss: 2, metrics: { 'macro-f1': 0.25, 'top-2': 0.75 } });
    const events = readCandidate(out, 'abc');
    const epochs = events
      .flatMap(({ values }) => values.map(({ tag }) => tag))
      .filter((tag) => tag.startsWith('epoch/'));
    const names = ['loss', 'accuracy', 'validation_loss', 'validation_macro_f1', 'validation_top_2'];
    expect(epochs).toEqual(names.map((name) => `epoch/${name}`));
    expect(scalarsOf(events, 'epoch/validation_macro_f1')).toEqual([[1, 0.25]]);
  });

  it('tells a failure by its status', () => {
    const search = listen();
    search.emit('evaluationStart', entry);
    for (const record of records.slice(0, 1)) tell(search, record);
    const failure = { reason: 'diverged', message: 'the loss became NaN' } as const;
    search.emit('evaluation', { ...entry, fitness: 0, history: [], bestEpoch: 0, failure });
    const events = readCandidate(out, 'abc');
    expect(readSession(events).status).toBe(2);
    expect(scalarsOf(events, 'fitness')).toEqual([]);
    expectScalars(events, records.slice(0, 1));
  });

  it('is in a folder whose name is short and of harmless characters, however the genome', () => {
    const search = listen();
    for (const genome of ['', 'a/../b', '64-64-'.repeat(20)]) {
      search.emit('evaluationStart', { id: `id${genome.length}`, genome });
    }
    const names = readdirSync(join(out, 'tensorboard', 'candidates'));
    expect(names.sort()).toEqual([`${'64-64-'.repeat(7).slice(0, 40)}.id120`, 'a-..-b.id6', 'empty.id0']);
  });
});

function begin(
  config: Partial<SearchConfigInput> = {},
  evaluator: Evaluator = new InProcessEvaluator(runtime),
): Promise<Search> {
  const small = { population: 3, generations: 1, finalEpochs: 2, training: { epochs: 2, batchSize: 32 } };
  const searchSpace = { channels: [8, 16], maxDepth: 3 };
  return createSearch({ dataset: { source }, ...small, validation: 0.2, searchSpace, ...config }, { out, evaluator });
}

function evaluationsOf(run: string): EvaluationEntry[] {
  return readJournal(join(run, 'journal.jsonl')).filter((entry) => entry.type === 'evaluation');
}

function timeless(run: string) {
  return readJournal(join(run, 'journal.jsonl')).map(({ elapsedSeconds: _, ...entry }) => ({ ...entry, seconds: 0 }));
}

function folderOf(run: string, id: string): string {
  const candidates = join(run, 'tensorboard', 'candidates');
  const [name] = readdirSync(candidates).filter((each) => each.endsWith(`.${id}`));
  return join(candidates, name ?? `no folder of ${id}`);
}

function fileOf(run: string, id: string): string {
  const path = folderOf(run, id);
  return join(path, readdirSync(path)[0] ?? '');
}

function readCandidate(run: string, id: string): ReadEvent[] {
  return readEventFolder(folderOf(run, id));
}

function withoutTimes(events: readonly ReadEvent[]) {
  return events.flatMap(({ step, values }) =>
    values.map(({ tag, scalar, histogram }) => ({ step, tag, scalar, histogram })),
  );
}

function expectScalars(events: readonly ReadEvent[], history: readonly EpochRecord[]): void {
  expect(history.length).toBeGreaterThan(0);
  const expected = (value: (record: EpochRecord) => number | undefined) =>
    history.flatMap((record) => {
      const measured = value(record);
      return measured === undefined ? [] : [[record.epoch, Math.fround(measured)]];
    });
  expect(scalarsOf(events, 'epoch/loss')).toEqual(expected(({ loss }) => loss));
  expect(scalarsOf(events, 'epoch/accuracy')).toEqual(expected(({ accuracy }) => accuracy));
  expect(scalarsOf(events, 'epoch/validation_loss')).toEqual(expected(({ validationLoss }) => validationLoss));
  expect(scalarsOf(events, 'epoch/validation_accuracy')).toEqual(
    expected(({ validationAccuracy }) => validationAccuracy),
  );
}

/** Batches are numbered over all epochs; weighted by their sizes they add up to what the epoch says. */
function expectBatches(events: readonly ReadEvent[], history: readonly EpochRecord[], sizes: readonly number[]): void {
  const images = sizes.reduce((sum, size) => sum + size, 0);
  for (const measure of ['loss', 'accuracy'] as const) {
    const batches = scalarsOf(events, `batch/${measure}`);
    expect(batches.map(([step]) => step)).toEqual(
      Array.from({ length: sizes.length * history.length }, (_, i) => i + 1),
    );
    for (const [i, record] of history.entries()) {
      const values = batches.slice(i * sizes.length, (i + 1) * sizes.length).map(([, value]) => value);
      const mean = values.reduce((sum, value, batch) => sum + value * (sizes[batch] ?? 0), 0) / images;
      expect(mean).toBeCloseTo(record[measure], 6);
    }
  }
}
