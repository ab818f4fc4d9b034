import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeMnistThumbnails } from '../../test/support/mnist-thumbnails.ts';
import { readImages } from '../data/set/dataset.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import { DeployedModel } from '../engine/scoring/deployed-model.ts';
import { EvaluationError, InterruptedError, InvalidInputError, RunLockedError } from '../errors.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../evaluation/node/in-process-evaluator.ts';
import type { EvaluationOutcome, EvaluationTask } from '../evaluation/task.ts';
import { createRng } from '../random/rng.ts';
import type { SearchConfigInput } from './config/config.ts';
import { createSearch, resumeSearch } from './create-search.ts';
import type { GenerationEvent } from './records/events.ts';
import type { EvaluationEntry } from './records/journal-entry.ts';
import { readJournal } from './run/journal.ts';
import { resolveConfig } from './run/resolve-config.ts';
import type { Search } from './search.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-search-'));
const source = join(folder, 'data');
const runtime = await loadNodeRuntime();
let out: string;
let runs = 0;

beforeAll(() => writeMnistThumbnails(source, 120, 30));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = join(folder, `run ${runs++}`);
});

describe('Search', () => {
  it('ends with a model whose test accuracy is the summary’s, and tells what happens on the way', async () => {
    const search = await begin({}, new InProcessEvaluator(runtime));
    const heard = listen(search);
    const summary = await search.run();
    expect(heard.at(0)).toBe('start');
    expect(heard.at(-1)).toBe('end');
    expect(heard.filter((name) => name === 'evaluation')).toHaveLength(summary.evaluations);
    expect(heard.filter((name) => name === 'generation')).toHaveLength(3);
    expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(summary)));

    const path = join(out, 'model.onnx');
    const model = await DeployedModel.load(runtime, readFileSync(path), path);
    expect(model.metadata).toMatchObject({ genome: summary.genome, classes: summary.dataset.classes });
    const { loadDataset } = await import('../data/load-dataset.ts');
    const { test, shape } = await loadDataset(source);
    expect((await model.score(test, shape)).accuracy).toBe(summary.testAccuracy);
    const answers = await model.predict(readImages(test, 8 * 8, 0, test.count), shape);
    await model.release();
    const predictions = JSON.parse(readFileSync(join(out, 'test-predictions.json'), 'utf8'));
    expect(predictions).toMatchObject({
      fingerprint: summary.dataset.fingerprint,
      labels: [...test.labels],
      predicted: [...answers.labels],
    });
    for (const [i, label] of answers.labels.entries()) {
      const of = (name: number) => answers.probabilities[10 * i + name];
      expect(predictions.probabilities[i]).toBeCloseTo(of(label) ?? 0, 4);
      expect(predictions.trueProbabilities[i]).toBeCloseTo(of(test.labels[i] ?? 0) ?? 0, 4);
    }
    expect(existsSync(join(out, 'lock'))).toBe(false);
  });

  it('trains no genome twice and counts what it was spared', async () => {
    const evaluator = madeUp();
    const search = await begin(
      { population: 6, generations: 6, searchSpace: { channels: [8], maxDepth: 1 } },
      evaluator,
    );
    const summary = await search.run();
    const candidates = evaluator.tasks.filter(({ selection }) => selection.purpose === 'search');
    // One layer of 8 filters or a pooling layer, and the empty genome: four networks in all.
    expect(new Set(candidates.map(({ genome }) => genome)).size).toBe(candidates.length);
    expect(candidates.length).toBeLessThanOrEqual(4);
    expect(summary.evaluations).toBe(candidates.length);
    expect(summary.evaluations + summary.cacheHits).toBe(6 * 7);
  });

  it('records what each network was bred from', async () => {
    const search = await begin({ population: 4, generations: 3 }, madeUp());
    await search.run();
    const entries = readJournal(join(out, 'journal.jsonl')).filter(({ type }) => type === 'evaluation');
    const known = new Set<string>();
    const bred = entries.filter((entry) => {
      const { genome, parents = [] } = entry as EvaluationEntry;
      for (const parent of parents) expect(known).toContain(parent);
      known.add(genome);
      return parents.length > 0;
    });
    expect(bred.length).toBe(entries.length - 4);
    expect(bred.length).toBeGreaterThan(0);
  });

  it('derives a task’s seed from the run’s seed and the genome, not from the order of tasks', async () => {
    const [first, second, other] = [madeUp(), madeUp(), madeUp()];
    await (await begin({}, first)).run();
    out += ' again';
    await (await begin({ population: 6 }, second)).run();
    out += ' other';
    await (await begin({ seed: 2 }, other)).run();
    const searched = ({ tasks }: MadeUp) => tasks.filter(({ selection }) => selection.purpose === 'search');
    const seeds = (evaluator: MadeUp) => new Map(searched(evaluator).map(({ genome, seed }) => [genome, seed]));
    const common = [...seeds(first)].filter(([genome]) => seeds(second).has(genome));
    expect(common.length).toBeGreaterThan(0);
    for (const [genome, seed] of common) expect(seeds(second).get(genome)).toBe(seed);
    for (const seed of seeds(other).values()) expect([...seeds(first).values()]).not.toContain(seed);
  });

  it('goes on where it was interrupted and leaves the best so far', async () => {
    const abort = new AbortController();
    const search = await begin({}, new InProcessEvaluator(runtime));
    search.on('evaluation', () => readJournal(join(out, 'journal.jsonl')).length === 3 && abort.abort());
    const error = await search.run({ signal: abort.signal }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InterruptedError);
    const done = readJournal(join(out, 'journal.jsonl')).map(({ id }) => id);
    expect(done).toHaveLength(3);
    const path = join(out, 'model.onnx');
    const model = await DeployedModel.load(runtime, readFileSync(path), path);
    expect((error as InterruptedError).details.best).toMatchObject({ genome: model.metadata.genome });
    await model.release();

    const evaluator = madeUp(new InProcessEvaluator(runtime));
    const resumed = await resumeSearch(out, { evaluator });
    const summary = await resumed.run();
    expect(evaluator.tasks.length).toBe(summary.evaluations - 3 + 1);
  });

  it.each(['generational', 'steady-state'] as const)(
    'is the same in %s with any number of workers, whichever of them is done first, interrupted or not',
    async (strategy) => {
      const config = { strategy, population: 6, generations: 2 };
      const reference = await finished(await begin(config, delayed(1, 'reference')));
      expect(reference.journal.length).toBeGreaterThan(6);
      expect(reference.generations).toHaveLength(3);
      out += ' two workers';
      expect(await finished(await begin(config, delayed(2, 'two')))).toEqual(reference);
      out += ' interrupted';
      const abort = new AbortController();
      const interrupted = await begin(config, delayed(5, 'five'));
      interrupted.on('evaluation', () => readJournal(join(out, 'journal.jsonl')).length === 7 && abort.abort());
      await expect(interrupted.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
      expect(readJournal(join(out, 'journal.jsonl')).length).toBeLessThan(reference.journal.length - 1);
      expect(await finished(await resumeSearch(out, { evaluator: delayed(3, 'three') }))).toEqual(reference);
    },
  );

  it('goes on when candidates fail, and reports their reasons', async () => {
    const evaluator = madeUp(undefined, (task) =>
      task.genome.startsWith('8')
        ? { fitness: 0, history: [], bestEpoch: 0, failure: { reason: 'diverged', message: 'the loss became NaN' } }
        : undefined,
    );
    const summary = await (await begin({ population: 8 }, evaluator)).run();
    const failed = readJournal(join(out, 'journal.jsonl')).filter(
      (entry) => entry.type === 'evaluation' && entry.failure,
    );
    expect(failed.length).toBeGreaterThan(0);
    expect(summary.failures).toBe(failed.length);
    expect(summary.genome.startsWith('8')).toBe(false);
  });

  it('ends with the reason if every candidate failed', async () => {
    const failure = { reason: 'out-of-memory', message: 'no room' } as const;
    const evaluator = madeUp(undefined, () => ({ fitness: 0, history: [], bestEpoch: 0, failure }));
    await expect((await begin({}, evaluator)).run()).rejects.toThrow(/every candidate failed, the first with: no room/);
  });

  it('takes the weights of the search if the final training fails, and says so', async () => {
    const failure = { reason: 'timeout', message: 'too slow' } as const;
    const evaluator = madeUp(new InProcessEvaluator(runtime), ({ selection }) =>
      selection.purpose === 'final' ? { fitness: 0, history: [], bestEpoch: 0, failure } : undefined,
    );
    const search = await begin({}, evaluator);
    const notices = vi.fn();
    search.on('notice', notices);
    const summary = await search.run();
    expect(notices).toHaveBeenCalledWith(expect.stringContaining('the final training failed (too slow)'));
    expect(summary.testExamples).toBe(30);
    expect(existsSync(join(out, 'model.onnx'))).toBe(true);
  });

  it('stops at an error that a candidate did not cause, and can be resumed', async () => {
    let calls = 0;
    const evaluator = madeUp(new InProcessEvaluator(runtime), () => {
      if (++calls === 3) throw new InvalidInputError('the disk is gone');
      return undefined;
    });
    await expect((await begin({}, evaluator)).run()).rejects.toThrow('the disk is gone');
    expect(readJournal(join(out, 'journal.jsonl'))).toHaveLength(2);
    const summary = await (await resumeSearch(out, { evaluator: new InProcessEvaluator(runtime) })).run();
    expect(summary.evaluations).toBeGreaterThan(2);
  });

  it('belongs to one process at a time', async () => {
    const search = await begin({}, madeUp());
    await expect(resumeSearch(out)).rejects.toThrow(RunLockedError);
    await search.close();
    await (await resumeSearch(out, { evaluator: madeUp() })).close();
  });

  it('leaves none of the unfinished files of processes that were killed while they wrote', async () => {
    await (await begin({}, madeUp())).close();
    const unfinished = [join(out, 'model.onnx'), join(out, 'checkpoints', 'a.safetensors')].map(
      (path) => `${path}.${randomUUID()}.tmp`,
    );
    mkdirSync(join(out, 'checkpoints'), { recursive: true });
    for (const path of unfinished) writeFileSync(path, 'half');
    const resumed = await resumeSearch(out, { evaluator: madeUp() });
    expect(unfinished.filter((path) => existsSync(path))).toEqual([]);
    for (const path of unfinished) writeFileSync(path, 'half');
    await resumed.run();
    expect(unfinished.filter((path) => existsSync(path))).toEqual([]);
  });

  it('refuses to go on with other data', async () => {
    await (await begin({}, madeUp())).close();
    const path = join(out, 'config.json');
    const changed = readFileSync(path, 'utf8').replace(/"fingerprint": "\w/, '"fingerprint": "x');
    writeFileSync(path, changed);
    await expect(resumeSearch(out)).rejects.toThrow(/is not what the configuration names/);
  });

  it('repeats itself from its own config.json', async () => {
    const first = await (await begin({}, new InProcessEvaluator(runtime))).run();
    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as SearchConfigInput;
    const again = join(folder, 'again');
    const evaluator = new InProcessEvaluator(runtime);
    const second = await (await createSearch(config, { out: again, evaluator })).run();
    expect(second.genome).toBe(first.genome);
    expect(readFileSync(join(again, 'model.onnx')).equals(readFileSync(join(out, 'model.onnx')))).toBe(true);
  });

  it.each<[string, Partial<SearchConfigInput>, RegExp]>([
    ['a limit below the number of classes', { trainLimit: 3 }, /--train-limit 3 is too small.*10 classes/],
    ['a space without a network', { searchSpace: { channels: [8], maxParameters: 5 } }, /maxParameters/],
    ['channels that are not powers of two', { searchSpace: { channels: [8, 12] } }, /12/],
  ])('is not begun with %s, and leaves no folder', async (_, config, message) => {
    await expect(begin(config, madeUp())).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });
});

describe('resolveConfig', () => {
  it.each<[string, unknown, RegExp]>([
    ['a wrong type', { training: { epochs: 'two' } }, /training\.epochs.*"two"/],
    ['a population of one', { population: 1 }, /population.*2.*1/],
    ['a probability above 1', { crossoverProbability: 1.5 }, /crossoverProbability.*1\.5/],
    ['weights that do not sum to 1', { mutationWeights: [0.5, 0.1, 0.1, 0.1] }, /mutationWeights must add up to 1/],
    ['an unknown key', { poulation: 5 }, /poulation.*did you mean population/],
    ['an unknown optimiser', { training: { optimizer: { name: 'adm' } } }, /adm.*did you mean adam/],
  ])('refuses %s and names key, value and cure', (_, config, message) => {
    expect(() => resolveConfig({ dataset: { source: 'mnist' }, ...(config as object) }, 'my.json')).toThrow(message);
  });
});

interface MadeUp extends Evaluator {
  readonly tasks: EvaluationTask[];
}

/** Answers with a number made from the genome, with what `answer` says, or with what `real` does; `real` trains the winner. */
function madeUp(
  real: Evaluator | undefined = undefined,
  answer: (task: EvaluationTask) => EvaluationOutcome | undefined = () => undefined,
): MadeUp {
  const tasks: EvaluationTask[] = [];
  const trainer = new InProcessEvaluator(runtime);
  return {
    concurrency: 2,
    tasks,
    async evaluate(task, options) {
      if (options?.signal?.aborted) throw new EvaluationError('cancelled', 'cancelled');
      tasks.push(task);
      const said = answer(task);
      if (said !== undefined) return said;
      if (real !== undefined || task.selection.purpose === 'final') return (real ?? trainer).evaluate(task, options);
      const fitness = createRng(task.genome).uniform();
      return {
        fitness,
        history: [{ epoch: 1, loss: 1, accuracy: fitness, validationAccuracy: fitness }],
        bestEpoch: 1,
      };
    },
    close: () => (real ?? trainer).close(),
  };
}

/** Takes a random time for each candidate. */
function delayed(concurrency: number, seed: string): Evaluator {
  const inner = madeUp();
  const rng = createRng(seed);
  return {
    ...inner,
    concurrency,
    async evaluate(task, options) {
      for (let left = rng.integer(0, 20); left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
      return inner.evaluate(task, options);
    },
  };
}

/** All that must not depend on time, in an order that does not. */
async function finished(search: Search) {
  const generations: GenerationEvent[] = [];
  search.on('generation', (event) => generations.push(event));
  const { seconds, searchSeconds, finalTrainingSeconds, ...summary } = await search.run();
  const journal = readJournal(join(out, 'journal.jsonl'))
    .map(({ elapsedSeconds: _, ...entry }) => ({ ...entry, seconds: 0 }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const records = JSON.parse(readFileSync(join(out, 'generations.json'), 'utf8'));
  expect(records).toEqual(generations.map(({ generations: _, ...record }) => record));
  return { summary, journal, generations, model: readFileSync(join(out, 'model.onnx')).toString('base64') };
}

function begin(config: Partial<SearchConfigInput>, evaluator: Evaluator): Promise<Search> {
  const small = { population: 4, generations: 2, finalEpochs: 1, training: { epochs: 1, batchSize: 32 } };
  const searchSpace = { channels: [8, 16], maxDepth: 3 };
  return createSearch({ dataset: { source }, ...small, searchSpace, ...config }, { out, evaluator });
}

function listen(search: Search): string[] {
  const heard: string[] = [];
  for (const name of ['start', 'generationStart', 'evaluation', 'generation', 'final', 'end'] as const) {
    search.on(name, () => heard.push(name));
  }
  return heard;
}
