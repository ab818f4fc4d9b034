import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../test/support/cli.ts';
import { writeIdxPair } from '../../test/support/data-fixtures.ts';
import { runtime } from '../../test/support/run-graph.ts';
import { TOY_SHAPE } from '../../test/support/toy-data.ts';
import { datasetFromArrays } from '../data/build/from-arrays.ts';
import type { Dataset, ExamplesInMemory } from '../data/set/dataset.ts';
import { InProcessEvaluator } from '../evaluation/node/in-process-evaluator.ts';
import type { EvaluationTask } from '../evaluation/task.ts';
import { createRng } from '../random/rng.ts';
import type { SearchConfigInput } from './config/config.ts';
import { openBalance } from './config/presets.ts';
import { createSearch } from './create-search.ts';
import { resolveConfig } from './run/resolve-config.ts';
import { openRunFolder } from './run/run-folder.ts';
import { settleClasses } from './settle-classes.ts';
import { settleDecay } from './settle-decay.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-classes-'));
const source = join(folder, 'uneven');

/** Dark and bright images, as many as said. */
function examplesOf(dark: number, bright: number, seed = 1): ExamplesInMemory {
  const rng = createRng(seed);
  const count = dark + bright;
  const labels = Int32Array.from({ length: count }, (_, i) => Number(i >= dark));
  const pixels = Uint8Array.from({ length: count * 64 }, (_, i) => rng.integer(0, 160) + 60 * Number(i >= dark * 64));
  return { count, pixels, labels };
}

function dataOf(dark: number, bright: number): Dataset {
  const array = ({ pixels, count }: ExamplesInMemory) => ({ data: pixels, shape: [count, 8, 8] });
  const [train, test] = [examplesOf(dark, bright), examplesOf(5, 5, 2)];
  return datasetFromArrays({
    xTrain: array(train),
    yTrain: train.labels,
    xTest: array(test),
    yTest: test.labels,
    classes: ['dark', 'bright'],
  });
}

function settle(dataset: Dataset, input: Partial<SearchConfigInput> = {}) {
  const given = { dataset: { source: 'arrays' }, ...input };
  const config = resolveConfig(given, 'a test');
  const settled = settleClasses({ ...config, balance: config.balance ?? openBalance(given) }, dataset);
  return { ...settled, config: settleDecay(settled.config, dataset) };
}

beforeAll(async () => {
  vi.stubEnv('AUTO_CNN_CACHE', join(folder, 'cache'));
  await writeIdxPair(source, 'train', examplesOf(200, 20), TOY_SHAPE);
  await writeIdxPair(source, 't10k', examplesOf(40, 10, 2), TOY_SHAPE);
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('settleClasses', () => {
  it('balances fitness and loss above 1:3, with weights of n / (K · n of the class), and says so', () => {
    const { config, notices } = settle(dataOf(61, 20), { objectives: ['accuracy', 'parameters'] });
    expect(config.training.metrics).toEqual(['balanced-accuracy']);
    expect(config.training.classWeights).toEqual([0.663934, 2.025]);
    expect(config.objectives).toEqual(['balanced-accuracy', 'parameters']);
    expect(config.balance).toEqual(['metrics', 'classWeights']);
    expect(notices).toEqual([
      'The classes are uneven (training images: 61 of dark, 20 of bright), so the fitness is balanced accuracy, the mean recall of the classes, and the loss is weighted by class; --metrics accuracy and --class-weights none do without.',
    ]);
  });

  it('changes nothing at 1:3 and below, not even in the text of the configuration', () => {
    const { config, notices } = settle(dataOf(60, 20));
    expect(notices).toEqual([]);
    expect(JSON.stringify(config)).toBe(JSON.stringify(resolveConfig({ dataset: { source: 'arrays' } }, 'a test')));
  });

  it.each([
    [{ metrics: ['accuracy'] }, ['accuracy'], 'array', '--class-weights none does without.'],
    [{ classWeights: 'none' }, ['balanced-accuracy'], 'undefined', '--metrics accuracy does without.'],
    [{ classWeights: 'balanced' }, ['balanced-accuracy'], 'string', '--metrics accuracy does without.'],
    [{ metrics: ['macro-f1'], classWeights: [1, 2] }, ['macro-f1'], 'array', undefined],
  ] as const)('leaves what is given as it is: %j', (training, metrics, weights, cure) => {
    const { config, notices } = settle(dataOf(80, 20), { training: structuredClone(training) as object });
    expect(config.training.metrics).toEqual(metrics);
    const { classWeights } = config.training;
    expect(Array.isArray(classWeights) ? 'array' : typeof classWeights).toBe(weights);
    if ('metrics' in training && 'classWeights' in training) expect(classWeights).toEqual([1, 2]);
    if (cure === undefined) expect(notices).toEqual([]);
    else expect(notices[0]).toMatch(new RegExp(`; ${cure}$`));
  });

  it('leaves presets of the package and the paper as they are', () => {
    for (const preset of ['autocnn', 'cnn-ga'] as const) {
      const { config, notices } = settle(dataOf(80, 20), { preset });
      expect([config.training.metrics, config.training.classWeights, notices]).toEqual([['accuracy'], undefined, []]);
    }
  });

  it('decides again for other data where the configuration is of a run that was balanced', () => {
    const stored = JSON.parse(JSON.stringify(settle(dataOf(80, 20)).config));
    expect(settle(dataOf(90, 10), stored).config.training.classWeights).toEqual([0.555556, 5]);
    const even = settle(dataOf(50, 50), stored).config;
    expect([even.training.metrics, even.training.classWeights, even.objectives]).toEqual([
      ['accuracy'],
      undefined,
      ['accuracy'],
    ]);
    expect(even.balance).toBeUndefined();
  });

  it('leaves the configuration of a run of a version before as it was', () => {
    const before = { ...resolveConfig({ dataset: { source: 'arrays' } }, 'a test'), engineKind: 'some' };
    const { config } = settle(dataOf(90, 10), JSON.parse(JSON.stringify(before)));
    expect([config.training.metrics, config.training.classWeights]).toEqual([['accuracy'], undefined]);
  });
});

describe('a search on uneven classes', () => {
  const CONFIG = {
    dataset: { source },
    population: 3,
    generations: 0,
    searchSpace: { channels: [4], maxDepth: 2 },
    training: { epochs: 2, batchSize: 20 },
    finalEpochs: 2,
    lowering: 'plain',
    tensorboard: false,
  } as const;

  it('gives all trainings the same weights, names its metric, and repeats from its configuration', async () => {
    const run = async (name: string, config: SearchConfigInput) => {
      const tasks: EvaluationTask[] = [];
      const evaluator = new InProcessEvaluator(runtime);
      const evaluate = evaluator.evaluate.bind(evaluator);
      evaluator.evaluate = (task, options) => {
        tasks.push(task);
        return evaluate(task, options);
      };
      const search = await createSearch(config, { out: join(folder, name), evaluator });
      const notices: string[] = [];
      search.on('start', (event) => notices.push(...event.notices));
      return { summary: await search.run(), tasks, notices };
    };
    const { summary, tasks, notices } = await run('first', structuredClone(CONFIG) as unknown as SearchConfigInput);
    expect(tasks.map(({ selection }) => selection.purpose)).toContain('final');
    for (const { training } of tasks) expect(training.classWeights).toEqual([0.55, 5.5]);
    expect(notices.join()).toContain('the fitness is balanced accuracy');
    expect(summary.fitness?.metric).toBe('balanced-accuracy');
    const { testRecalls = [], testBalancedAccuracy = 0, testAccuracy } = summary;
    expect(testBalancedAccuracy).toBeCloseTo(((testRecalls[0] ?? 0) + (testRecalls[1] ?? 0)) / 2, 12);
    expect(testAccuracy).toBeCloseTo((40 * (testRecalls[0] ?? 0) + 10 * (testRecalls[1] ?? 0)) / 50, 12);
    expect(summary.testCalibrationError).toBeGreaterThan(0);
    const card = readFileSync(join(folder, 'first', 'MODEL.md'), 'utf8');
    expect(card).toMatch(
      /^- Balanced test accuracy \d+\.\d\d %: the mean recall of the classes; expected calibration/m,
    );
    expect(card).toMatch(/^- Test recall, lowest first: `[01]` \d+\.\d\d %, `[01]` /m);
    expect(card).toContain('- In the search: balanced-accuracy ');

    const { config: reopened } = openRunFolder(join(folder, 'first'));
    const { epochs: _, optimizer: __, ...reread } = reopened.training;
    const { epochs: ___, optimiser: ____, ...trained } = tasks[0]?.training ?? {};
    expect(JSON.stringify(trained)).toBe(JSON.stringify(reread));
    const stored = JSON.parse(readFileSync(join(folder, 'first', 'config.json'), 'utf8'));
    const again = await run('again', stored);
    expect(again.tasks.map(({ id }) => id)).toEqual(tasks.map(({ id }) => id));
  }, 60_000);

  it('goes without where the command line says so', async () => {
    const out = join(folder, 'cli');
    const at = { cwd: folder, cacheDir: join(folder, 'cache') };
    const flags = ['--metrics', 'accuracy', '--class-weights', 'none', '--population', '2', '--generations', '0'];
    const small = ['--channels', '4', '--max-depth', '1', '--epochs', '1', '--workers', '1'];
    const { code, stdout } = await runCli(['search', source, '--out', out, ...flags, ...small], at);
    expect(code).toBe(0);
    expect(stdout).not.toContain('balanced accuracy');
    expect(stdout).toMatch(/^ {2}Balanced +\d+\.\d\d % mean test recall of the classes, lowest \d+\.\d\d % \([01]\)$/m);
    expect(stdout).toMatch(/^ {2}Validation +accuracy \d/m);
    const { training, balance } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
    expect([training.metrics, training.classWeights, balance]).toEqual([['accuracy'], undefined, undefined]);
    const config = ['--config', join(folder, 'first', 'config.json'), '--out', join(folder, 'changed')];
    const changed = await runCli(['search', source, ...config, '--metrics', 'accuracy', '--json'], at);
    expect(JSON.parse(changed.stdout).fitness.metric).toBe('accuracy');
    const kept = JSON.parse(readFileSync(join(folder, 'changed', 'config.json'), 'utf8'));
    expect([kept.training.classWeights, kept.balance]).toEqual([[0.55, 5.5], ['classWeights']]);
  }, 60_000);
});
