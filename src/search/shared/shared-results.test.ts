import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeTinyDigits } from '../../../test/support/tiny-digits.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { InterruptedError, InvalidInputError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import type { EvaluationOutcome, EvaluationTask, FailureRecord } from '../../evaluation/task.ts';
import { AutoCNN } from '../auto-cnn/auto-cnn.ts';
import type { AutoCnnOptions } from '../auto-cnn/auto-cnn-options.ts';
import type { Callback } from '../callbacks/callback.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch, resumeSearch } from '../create-search.ts';
import type { SearchSummary } from '../records/summary.ts';
import { readJournal } from '../run/journal.ts';
import type { Search } from '../search.ts';
import { FitnessCache } from './fitness-cache.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-shared-'));
const source = join(folder, 'data');
const otherSource = join(folder, 'other data');
const runtime = await loadNodeRuntime();
let place: string;
let tests = 0;
/** Runs named `a`, once for all tests: what each left is copied to the place of a test. */
let ofCache: Finished;
let ofWeights: Finished;

beforeAll(async () => {
  await writeTinyDigits(source);
  cpSync(source, otherSource, { recursive: true });
  const images = join(otherSource, 'train-images-idx3-ubyte');
  writeFileSync(images, readFileSync(images).fill(7, 16, 17));
  place = join(folder, 'of cache');
  ofCache = await run('a', { fitnessCache: cachePath() });
  place = join(folder, 'of weights');
  ofWeights = await run('a', { checkpointDir: join(place, 'weights') });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  place = join(folder, `test ${tests++}`);
});

describe('a fitness cache', () => {
  it('spares a second run all of its search, which comes to the same end', async () => {
    const first = leftBy('of cache', ofCache);
    const second = await run('b', { fitnessCache: cachePath() });
    expect(first.summary.reused).toBe(0);
    expect(first.trained.length).toBe(first.summary.evaluations + 1);
    expect(purposes(second)).toEqual(['final']);
    expect(second.summary.reused).toBe(second.summary.evaluations);
    expect(comparable(second)).toEqual(comparable(first));
    expect(model('b').equals(model('a'))).toBe(true);
    expect(journal('b').filter(({ cached }) => cached).length).toBe(second.summary.evaluations);
  });

  it.each<[string, Partial<SearchConfigInput>]>([
    ['another seed', { seed: 2 }],
    ['other settings', { training: { epochs: 1, batchSize: 16 } }],
    ['other data', { dataset: { source: otherSource } }],
    ['another selection', { validation: 0.2 }],
  ])('has no answer for %s', async (_, config) => {
    leftBy('of cache', ofCache);
    const { summary, trained } = await run('b', { fitnessCache: cachePath(), ...config });
    expect(summary.reused).toBe(0);
    expect(trained.length).toBe(summary.evaluations + 1);
  });

  it('is not needed to resume', async () => {
    leftBy('of cache', ofCache);
    const search = await begin('b', { fitnessCache: cachePath() }, recording().evaluator);
    const abort = new AbortController();
    search.on('evaluation', () => journal('b').length === 3 && abort.abort());
    await expect(search.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    rmSync(cachePath());
    const { evaluator, tasks } = recording();
    const summary = await (await resumeSearch(join(place, 'b'), { evaluator })).run();
    expect(summary.reused).toBe(3);
    expect(tasks.length).toBe(summary.evaluations - 3 + 1);
    expect(model('b').equals(model('a'))).toBe(true);
  });

  it('loses nothing when processes append at the same time', async () => {
    const script = fileURLToPath(new URL('../../../test/support/workers/append-to-cache.mjs', import.meta.url));
    const names = ['a', 'b', 'c'];
    const append = (name: string) => promisify(execFile)(process.execPath, [script, cachePath(), name, '200']);
    await Promise.all(names.map(append));
    const notices: string[] = [];
    const cache = FitnessCache.open(cachePath(), (notice) => notices.push(notice));
    for (const name of names) {
      for (let i = 0; i < 200; i++) expect(cache.find(`${name}-${i}`)?.fitness).toBe(i / 200);
    }
    cache.close();
    expect(notices).toEqual([]);
  });

  it('sees what another process adds while it is open', () => {
    const [one, two] = [FitnessCache.open(cachePath()), FitnessCache.open(cachePath())];
    expect(one.find('x')).toBeUndefined();
    two.add('x', '8-8', OUTCOME);
    expect(one.find('x')).toEqual(OUTCOME);
    one.close();
    two.close();
  });

  it('leaves out a damaged line and a torn one, says so, and spoils no other', () => {
    const writer = FitnessCache.open(cachePath());
    for (const id of ['a', 'b', 'c']) writer.add(id, '8-8', OUTCOME);
    writeFileSync(
      cachePath(),
      readFileSync(cachePath(), 'utf8').replace('"id":"b","genome":"8', '"id":"b","genome":"9'),
    );
    appendFileSync(cachePath(), '{"id":"torn","gen');
    writer.close();
    const notices: string[] = [];
    const cache = FitnessCache.open(cachePath(), (notice) => notices.push(notice));
    cache.add('d', '8-8', OUTCOME);
    expect(['a', 'b', 'c', 'd', 'torn'].map((id) => cache.find(id) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
    cache.close();
    expect(notices).toEqual([
      `${cachePath()}, line 2 is damaged and skipped; its candidate is evaluated again`,
      `${cachePath()}, line 4 is damaged and skipped; its candidate is evaluated again`,
    ]);
  });

  it.each<[FailureRecord['reason'], boolean]>([
    ['diverged', true],
    ['timeout', false],
    ['crashed', false],
    ['out-of-memory', false],
  ])('shares that a candidate %s: %s', async (reason, isShared) => {
    const failure = { reason, message: 'made up' };
    const answer = ({ genome, selection }: EvaluationTask) =>
      genome.startsWith('8') && selection.purpose === 'search'
        ? { fitness: 0, history: [], bestEpoch: 0, failure }
        : undefined;
    const first = await run('a', { fitnessCache: cachePath() }, answer);
    expect(first.summary.failures).toBeGreaterThan(0);
    const second = await run('b', { fitnessCache: cachePath() }, answer);
    expect(second.trained.length).toBe(isShared ? 1 : 1 + first.summary.failures);
  });

  it('is not begun over a fitness.json of the Python package', async () => {
    const path = join(folder, 'python.json');
    writeFileSync(path, '{"128-64": 0.98}');
    await expect(begin('a', { fitnessCache: path })).rejects.toThrow(/not a fitness cache.*--import-fitness/);
    expect(readFileSync(path, 'utf8')).toBe('{"128-64": 0.98}');
    expect(existsSync(join(place, 'a'))).toBe(false);
  });
});

describe('AutoCNN', () => {
  it('calls back for every epoch that a cache knows, and lets them stop a candidate as if it were trained', async () => {
    const options = (name: string, shared: object, tasks: Evaluator): AutoCnnOptions => ({
      dataset: source,
      out: join(place, name),
      populationSize: 2,
      maximalGenerationNumber: 1,
      epochNumber: 3,
      searchSpace: { channels: [8, 16], maxDepth: 2 },
      evaluator: tasks,
      settings: { finalEpochs: 1, training: { batchSize: 32 }, tensorboard: false },
      ...shared,
    });
    const epochs: string[] = [];
    const stopAtTwo: Callback = {
      onEpochEnd({ genome, epoch }, control) {
        epochs.push(`${genome}/${epoch}`);
        if (epoch === 2) control.stopEvaluation();
      },
    };
    const shared = { fitnessCache: cachePath(), checkpointDir: join(place, 'weights') };
    await new AutoCNN(options('filling', shared, recording().evaluator)).run();
    const extraCallbacks = [stopAtTwo];
    await new AutoCNN({ ...options('alone', {}, recording().evaluator), extraCallbacks }).run();
    const alone = epochs.splice(0);
    const { evaluator, tasks } = recording();
    await new AutoCNN({ ...options('cached', shared, evaluator), extraCallbacks }).run();
    expect(epochs.filter((epoch) => epoch.endsWith('/2'))).toEqual(alone.filter((epoch) => epoch.endsWith('/2')));
    expect(tasks).toEqual([]);
    const plain = (name: string) => journal(name).map(({ seconds, elapsedSeconds, cached, ...entry }) => entry);
    expect(plain('cached')).toEqual(plain('alone'));
    expect(model('cached').equals(model('alone'))).toBe(true);
  });
});

describe('a checkpoint folder', () => {
  it('spares a second run all training, the final one too', async () => {
    const checkpointDir = join(place, 'weights');
    const first = leftBy('of weights', ofWeights);
    const second = await run('b', { checkpointDir });
    expect(second.trained).toEqual([]);
    expect(second.summary.reused).toBe(second.summary.evaluations);
    expect(comparable(second)).toEqual(comparable(first));
    expect(model('b').equals(model('a'))).toBe(true);
    expect(existsSync(join(place, 'a', 'checkpoints'))).toBe(false);
    expect(readdirSync(checkpointDir).length).toBe(first.summary.evaluations + 1);
    const third = await run('c', { checkpointDir, seed: 2 });
    expect(third.summary.reused).toBe(0);
  });

  it('trains again if weights or outcome are damaged, and says so', async () => {
    const checkpointDir = join(place, 'weights');
    const first = leftBy('of weights', ofWeights);
    const damage: readonly ((bytes: Buffer) => Buffer)[] = [
      (bytes) => bytes.subarray(0, 100),
      (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])]),
      (bytes) => Buffer.from(bytes.toString('latin1').replace('\\"fitness\\":0.', '\\"fitness\\":1.'), 'latin1'),
    ];
    const whole = new Map<string, Buffer>();
    for (const [i, { id }] of journal('a').slice(0, 3).entries()) {
      const path = join(checkpointDir, `${id}.safetensors`);
      const bytes = readFileSync(path);
      whole.set(path, bytes);
      const damaged = damage[i]?.(bytes) ?? bytes;
      expect(damaged.equals(bytes)).toBe(false);
      writeFileSync(path, damaged);
    }
    const second = await run('b', { checkpointDir });
    expect(second.trained.length).toBe(3);
    expect(
      second.notices.filter((notice) =>
        /checkpoint .* is damaged or belongs to another candidate; .* is trained again/.test(notice),
      ),
    ).toHaveLength(3);
    expect(comparable(second)).toEqual(comparable(first));
    for (const [path, bytes] of whole) expect(readFileSync(path).equals(bytes)).toBe(true);
  });
});

describe('imported fitness', () => {
  it('counts as evaluated, also after an interruption, and the winner is trained', async () => {
    const imported = fitnessFile({ '16-16': 0.99, '0.2': 0.2 });
    const [before, after] = [recording(), recording()];
    // So slow that no other network learns.
    const training = { epochs: 1, learningRate: 1e-6 };
    const population = { population: 30, generations: 1, searchSpace: { channels: [8, 16], maxDepth: 1 }, training };
    const search = await begin('a', population, before.evaluator, imported);
    const abort = new AbortController();
    search.on('evaluation', () => abort.abort());
    await expect(search.run({ signal: abort.signal })).rejects.toThrow(InterruptedError);
    rmSync(imported);
    const summary = await (await resumeSearch(join(place, 'a'), { evaluator: after.evaluator })).run();
    expect(summary).toMatchObject({ genome: '16-16', fitness: { value: 0.99 }, reused: 2 });
    const tasks = [...before.tasks, ...after.tasks];
    const searched = tasks.filter(({ selection }) => selection.purpose === 'search').map(({ genome }) => genome);
    expect(searched).not.toContain('16-16');
    expect(searched).not.toContain('max');
    expect(tasks.at(-1)).toMatchObject({ genome: '16-16', selection: { purpose: 'final' } });
    expect(journal('a')[0]).toMatchObject({ genome: '16-16', fitness: 0.99, history: [], imported: true });
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', [0.98], /must be an object of genomes/],
    ['no genome', { '128-': 0.9 }, /the entry "128-" is not a genome/],
    ['no fitness', { '128-64': 98 }, /the entry "128-64" must have a fitness from 0 to 1, received 98/],
    ['a text', { '128-64': '0.98' }, /the entry "128-64" must have a fitness from 0 to 1, received "0.98"/],
    [
      'a genome too deep for the images',
      { '16-16': 0.9, 'max-max-max-max-max-max': 0.8 },
      /fitness.json: the entry "max-max-max-max-max-max" does not fit this data: .*1x1/,
    ],
    ['a genome twice', { '64-64-0.2': 0.9, '64-64-max': 0.8 }, /"64-64-max" is a duplicate/],
  ])('is refused with %s, and nothing is begun', async (_, content, message) => {
    const opening = begin('a', {}, undefined, fitnessFile(content));
    await expect(opening).rejects.toThrow(InvalidInputError);
    await expect(begin('a', {}, undefined, fitnessFile(content))).rejects.toThrow(message);
    expect(existsSync(join(place, 'a'))).toBe(false);
  });
});

const OUTCOME: EvaluationOutcome = {
  fitness: 1 / 3,
  history: [{ epoch: 1, loss: 0.1 + 0.2, accuracy: 0.5, validationAccuracy: 1 / 3 }],
  bestEpoch: 1,
};

interface Finished {
  readonly summary: SearchSummary;
  readonly trained: readonly EvaluationTask[];
  readonly notices: readonly string[];
}

type Answer = (task: EvaluationTask) => EvaluationOutcome | undefined;

/** Trains, or answers as told, and remembers what it was asked. */
function recording(answer: Answer = () => undefined): { evaluator: Evaluator; tasks: EvaluationTask[] } {
  const tasks: EvaluationTask[] = [];
  const inner = new InProcessEvaluator(runtime);
  const evaluator: Evaluator = {
    concurrency: 1,
    async evaluate(task, options) {
      tasks.push(task);
      return answer(task) ?? inner.evaluate(task, options);
    },
    close: () => inner.close(),
  };
  return { evaluator, tasks };
}

async function run(name: string, config: Partial<SearchConfigInput>, answer?: Answer): Promise<Finished> {
  const { evaluator, tasks } = recording(answer);
  const search = await begin(name, config, evaluator);
  const notices: string[] = [];
  search.on('notice', (notice) => notices.push(notice));
  return { summary: await search.run(), trained: tasks, notices };
}

/** What such a run left, as if it had been here. */
function leftBy(name: string, finished: Finished): Finished {
  cpSync(join(folder, name), place, { recursive: true });
  return finished;
}

function begin(
  name: string,
  config: Partial<SearchConfigInput>,
  evaluator: Evaluator = recording().evaluator,
  importFitness?: string,
): Promise<Search> {
  const small = { population: 4, generations: 1, finalEpochs: 1, training: { epochs: 1, batchSize: 32 } };
  const settings = {
    dataset: { source },
    ...small,
    searchSpace: { channels: [8, 16], maxDepth: 2 },
    tensorboard: false,
  };
  const options = { out: join(place, name), evaluator, ...(importFitness !== undefined && { importFitness }) };
  return createSearch({ ...settings, ...config }, options);
}

function cachePath(): string {
  return join(place, 'cache', 'fitness.jsonl');
}

function fitnessFile(content: unknown): string {
  const path = join(folder, 'fitness.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

function model(name: string): Buffer {
  return readFileSync(join(place, name, 'model.onnx'));
}

function journal(name: string) {
  const entries = readJournal(join(place, name, 'journal.jsonl'));
  return entries.filter((entry) => entry.type === 'evaluation' || entry.type === 'final');
}

function purposes({ trained }: Finished): readonly string[] {
  return trained.map(({ selection }) => selection.purpose);
}

/** What must not depend on where fitness came from. */
function comparable({ summary }: Finished) {
  const { seconds, searchSeconds, finalTrainingSeconds, reused, ...rest } = summary;
  return rest;
}
