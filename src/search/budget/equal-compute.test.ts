import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeMnistThumbnails } from '../../../test/support/mnist-thumbnails.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import { estimateCost, type NetworkCost } from '../../genome/cost.ts';
import { randomGenome } from '../../genome/random-genome.ts';
import { parseGenome } from '../../genome/text.ts';
import { trainingWork } from '../../genome/work.ts';
import { createRng } from '../../random/rng.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { searchSpaceOf } from '../config/network-input.ts';
import { createSearch } from '../create-search.ts';
import { readJournal } from '../run/journal.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { planBudget } from './budget-plan.ts';
import { candidateWork } from './candidate-work.ts';
import { equalEpochs, withTypicalWork } from './equal-compute.ts';
import { candidateSizes, expectedWork, onRung, rungSizes } from './rung-sizes.ts';
import { WorkAccount } from './work-account.ts';

const data = {
  trainExamples: 60_000,
  testExamples: 10_000,
  problem: { input: { channels: 1, height: 28, width: 28 }, classes: 10 },
};
const configWith = (settings: object) =>
  resolveConfig({ dataset: { source: 'mnist' }, equalCompute: true, ...settings }, 'the test');
const costOf = (genome: string) => estimateCost(parseGenome(genome), data.problem);
const workOf = (cost: NetworkCost) => trainingWork(cost, configWith({}).training);
const typical = costOf('16-16-max-32-32');

describe('equalEpochs', () => {
  const config = configWith({ searchLimit: 5000, typicalWork: workOf(typical), training: { epochs: 3 } });

  it('gives the typical network the configured epochs', () => {
    expect(equalEpochs(config, data, typical)).toBe(3);
  });

  it('gives any other as many hundredths of an epoch as the work of the typical one is enough for', () => {
    const rng = createRng('equal epochs');
    const all = Array.from({ length: 60 }, () => randomGenome(rng, searchSpaceOf(config), data.problem));
    const withEpochs = (epochs: number, cost: NetworkCost) =>
      candidateWork(onRung(config, { searchLimit: 5000, epochs }), data, cost) -
      candidateWork(onRung(config, { searchLimit: 5000, epochs: 0 }), data, cost);
    const target = withEpochs(3, typical);
    const seen = new Set<number>();
    for (const cost of all.map((genome) => estimateCost(genome, data.problem))) {
      const halfAHundredth = (5000 * workOf(cost)) / 200;
      let most = 0.25;
      for (let hundredths = 26; hundredths <= 2400; hundredths++) {
        if (withEpochs(hundredths / 100, cost) <= target + 1.0001 * halfAHundredth) most = hundredths / 100;
      }
      const epochs = equalEpochs(config, data, cost);
      expect(Math.abs(epochs - most)).toBeLessThan(0.0101);
      seen.add(epochs);
    }
    expect(seen.size).toBeGreaterThan(20);
  });

  it('stays between a quarter of an epoch and eight times the configured ones', () => {
    expect(equalEpochs({ ...config, typicalWork: 1e12 }, data, typical)).toBe(24);
    expect(equalEpochs({ ...config, typicalWork: 1e3 }, data, typical)).toBe(0.25);
  });

  it('does so on each rung', () => {
    const halving = configWith({ rungs: 3, searchLimit: 18_000, typicalWork: workOf(typical) });
    expect(candidateSizes(halving, data, typical)).toEqual(rungSizes(halving, data));
    const cost = costOf('8-8');
    for (const [rung, size] of candidateSizes(halving, data, cost).entries()) {
      const usual = rungSizes(halving, data)[rung];
      if (usual === undefined) throw new Error('as many rungs');
      expect(size.searchLimit).toBe(usual.searchLimit);
      expect(size.epochs).toBeGreaterThan(usual.epochs);
      const ratio =
        candidateWork(onRung(halving, size), data, cost) / candidateWork(onRung(halving, usual), data, typical);
      expect(ratio).toBeGreaterThan(0.9);
      expect(ratio).toBeLessThan(1.01);
    }
  });
});

describe('withTypicalWork', () => {
  it('finds the work that about half of all random networks exceed, whatever the seed of the run', () => {
    const config = withTypicalWork(configWith({ seed: 1 }), data);
    expect(withTypicalWork(configWith({ seed: 2 }), data).typicalWork).toBe(config.typicalWork);
    const rng = createRng('others');
    const above = Array.from({ length: 1000 }, () => randomGenome(rng, searchSpaceOf(config), data.problem)).filter(
      (genome) => workOf(estimateCost(genome, data.problem)) > (config.typicalWork ?? 0),
    );
    // The median of 101 lies within four of its standard errors, 0.05 each.
    expect(above.length / 1000).toBeGreaterThan(0.3);
    expect(above.length / 1000).toBeLessThan(0.7);
  });

  it.each([{ equalCompute: false }, { typicalWork: 5 }, { genome: '8-8' }])('leaves %o as it is', (settings) => {
    const config = configWith(settings);
    expect(withTypicalWork(config, data)).toBe(config);
  });
});

describe('a budget with equal compute', () => {
  it.each([1, 3])('has as many candidates as it plans with, on %i rungs', (rungs) => {
    const open = resolveConfig(
      { dataset: { source: 'mnist' }, budget: '1e15flops', equalCompute: true, rungs },
      'test',
    );
    const planned = planBudget(1e15, open, data);
    if (planned?.typicalWork === undefined) throw new Error('there is a plan');
    const account = new WorkAccount(planned.searchWork);
    const rng = createRng('candidates');
    for (let fits = true; fits; ) {
      const genome = randomGenome(rng, searchSpaceOf(planned), data.problem);
      const work = expectedWork(planned, data, estimateCost(genome, data.problem));
      fits = account.admit(String(account.admitted), work);
    }
    // The plan is for 19; the tiny are done earlier, so that there may be more.
    expect(account.admitted).toBeGreaterThanOrEqual(19);
    expect(account.admitted).toBeLessThan(64);
  });
});

describe('a search with equal compute', () => {
  const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-equal-'));
  const source = join(folder, 'data');
  beforeAll(() => writeMnistThumbnails(source, 120, 30));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['generational', 1],
    ['steady-state', 1],
    ['random', 2],
  ] as const)(
    'trains small networks longer (%s, %i rungs), and repeats itself from its config.json',
    async (strategy, rungs) => {
      const searchSpace = { channels: [8, 16], maxDepth: 5 };
      const given = { equalCompute: true, strategy, rungs, population: 4, generations: 1, searchSpace };
      const first = await run(`${strategy} 1`, {
        dataset: { source },
        tensorboard: false,
        lowering: 'plain',
        ...given,
      });
      const epochs = first.tasks.map(({ training }) => training.epochs);
      expect(epochs.some((each) => !Number.isInteger(each))).toBe(true);
      expect(new Set(epochs).size).toBeGreaterThan(2);
      const second = await run(`${strategy} 2`, first.config);
      expect(second.ids).toEqual(first.ids);
      const others = await run(`${strategy} 3`, {
        ...first.config,
        typicalWork: 1.5 * (first.config.typicalWork ?? 0),
      });
      expect(others.ids.filter((id) => first.ids.includes(id)).length).toBeLessThan(first.ids.length / 2);
    },
  );

  async function run(name: string, config: SearchConfigInput) {
    const out = join(folder, name);
    const trainer = new InProcessEvaluator(await loadNodeRuntime());
    const tasks: EvaluationTask[] = [];
    const evaluator: Evaluator = {
      concurrency: 1,
      evaluate: (task, options) => {
        if (task.selection.purpose === 'search') tasks.push(task);
        return trainer.evaluate(task, options);
      },
      close: () => trainer.close(),
    };
    await (await createSearch(config, { out, evaluator })).run();
    const ids = readJournal(join(out, 'journal.jsonl')).flatMap((entry) =>
      entry.type === 'evaluation' ? entry.id : [],
    );
    const resolved: SearchConfigInput = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
    return { tasks, ids, config: resolved };
  }
});
