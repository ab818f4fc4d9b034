import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateCost } from '../../genome/cost.ts';
import { randomGenome } from '../../genome/random-genome.ts';
import { parseGenome } from '../../genome/text.ts';
import { trainingWork } from '../../genome/work.ts';
import { createRng } from '../../random/rng.ts';
import { createStrategy } from '../candidates/create-strategy.ts';
import type { SearchConfig, SearchConfigInput } from '../config/config.ts';
import type { DataSize } from '../config/network-input.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { leastWork, planBudget, planFinalEpochs } from './budget-plan.ts';
import { candidateWork, searchImages, usedImages } from './candidate-work.ts';

const MNIST: DataSize = {
  trainExamples: 60_000,
  testExamples: 10_000,
  problem: { input: { channels: 1, height: 28, width: 28 }, classes: 10 },
};

/** 20 seconds to 8 hours of one to eight workers that are slow or fast. */
const someWork = fc.double({ min: Math.log(20 * 5e9), max: Math.log(8 * 3600 * 8 * 3e11), noNaN: true }).map(Math.exp);
const someData: fc.Arbitrary<DataSize> = fc
  .record({
    trainExamples: fc.integer({ min: 100, max: 200_000 }),
    side: fc.integer({ min: 8, max: 128 }),
    channels: fc.constantFrom(1, 3),
    classes: fc.integer({ min: 2, max: 50 }),
  })
  .map(({ trainExamples, side, channels, classes }) => ({
    trainExamples,
    testExamples: Math.ceil(trainExamples / 6),
    problem: { input: { channels, height: side, width: side }, classes },
  }));

describe('the plan of a budget', () => {
  it('asks for nothing impossible, whatever the budget and the data', () => {
    fc.assert(
      fc.property(someWork, someData, (work, data) => {
        const config = budgeted();
        const plan = planBudget(work, config, data);
        if (plan === undefined) {
          expect(work).toBeLessThan(1.02 * leastWork(config, data));
          return;
        }
        const { train } = searchImages(config, data);
        expect(plan.searchLimit ?? train).toBeLessThanOrEqual(train);
        expect(plan.searchLimit ?? train).toBeGreaterThanOrEqual(Math.min(train, 1000));
        expect(resolveConfig(plan, 'the plan')).toEqual(plan);
        expect(plan.searchWork).toBeLessThan(work);
        // Throws if no network fits.
        const genomes = createStrategy(plan, data.problem).ask() ?? [];
        expect(genomes).toHaveLength(plan.population);
        const passes = (work - (plan.searchWork ?? 0)) / usedImages(plan, data) / (plan.searchSpace.maxWork ?? 0);
        expect(passes).toBeGreaterThanOrEqual(0.24);
      }),
    );
  });

  it('has a reference design for a training without a search, larger with more work', () => {
    const config = budgeted({ genome: 'auto' });
    const works = [1e13, 1e14, 2e15].map((work) => {
      const { genome = '', undecided } = planBudget(work, config, MNIST) ?? {};
      expect(undecided).toEqual(['finalEpochs']);
      return trainingWork(estimateCost(parseGenome(genome), MNIST.problem));
    });
    expect(works).toEqual(works.toSorted((a, b) => a - b));
    expect(new Set(works).size).toBe(3);
    expect(planBudget(1e11, config, MNIST)).toBeUndefined();
  });

  it('leaves all of a short budget to the reference design, and more of a long one to the search', () => {
    const config = resolveConfig({ dataset: { source: 'any' }, budget: '1m', workers: 2 }, 'the test');
    expect(config.searchShare).toBe('auto');
    const auto = resolveConfig({ ...config, searchShare: undefined, genome: 'auto' }, 'the test');
    for (const work of [1e13, 1.7e14]) {
      const { genome, finalEpochs, undecided } = planBudget(work, auto, MNIST) ?? {};
      expect(planBudget(work, config, MNIST)).toMatchObject({ searchShare: 0, genome, finalEpochs, undecided });
    }
    const shares = [1.81e14, 3.6e14, 1e15, 1e16].map((work) => {
      const { searchShare, searchWork, genome } = planBudget(work, config, MNIST) ?? {};
      expect(genome).toBeUndefined();
      expect(searchWork).toBe(Number(searchShare) * work);
      return searchShare;
    });
    expect(shares).toEqual([0.05, 0.1, 0.174, 0.25]);
    // Few images: a short time is long for each of them, until a tenth of them is too few to tell networks apart.
    expect(planBudget(4e13, config, { ...MNIST, trainExamples: 4000 })?.searchShare).toBe(0.137);
    expect(planBudget(4e13, config, { ...MNIST, trainExamples: 3900 })?.searchShare).toBe(0);
  });

  it('trains the classifier alone behind a backbone, where splits of few images tell nothing from chance', () => {
    const backbone = { file: '/a.onnx', features: { fingerprint: 'f'.repeat(64), channels: 128, height: 1, width: 1 } };
    const config = resolveConfig({ dataset: { source: 'any' }, backbone, budget: '1m', workers: 2 }, 'the test');
    const problem = { input: { channels: 128, height: 1, width: 1 }, classes: 5, head: config.outputLayer };
    const planFor = (trainExamples: number) =>
      planBudget(4e12, config, { ...MNIST, trainExamples, problem: { ...MNIST.problem, ...problem } });
    expect(planFor(790)).toMatchObject({ searchShare: 0, genome: '' });
    expect(planFor(800)).toMatchObject({ searchShare: 0.25 });
    expect(planFor(800)?.genome).toBeUndefined();
    // A validation part is not split.
    const part = { ...MNIST, trainExamples: 4000, problem: { ...MNIST.problem, ...problem } };
    const withPart = (validationExamples: number) =>
      planBudget(4e12, { ...config, validation: 'part' }, { ...part, validationExamples })?.searchShare;
    expect([399, 400].map(withPart)).toEqual([0, 0.25]);
    const auto = resolveConfig({ ...config, searchShare: undefined, genome: 'auto' }, 'the test');
    expect(planBudget(4e12, auto, { ...MNIST, problem: { ...MNIST.problem, ...problem } })?.genome).toBe('');
  });

  it('leaves all of a budget to one network, too, where a search would have too little', () => {
    const config = resolveConfig({ dataset: { source: 'any' }, budget: '1m', workers: 2 }, 'the test');
    fc.assert(
      fc.property(someWork, someData, (work, data) => {
        const plan = planBudget(work, config, data);
        expect(plan === undefined || plan.searchShare === 0 || (plan.searchWork ?? 0) > 0).toBe(true);
        if (plan === undefined) expect(planBudget(work, { ...config, searchShare: 0 }, data)).toBeUndefined();
        else expect(resolveConfig(plan, 'the plan')).toEqual(plan);
      }),
    );
  });

  it.each<[Partial<SearchConfigInput>, number | 'auto' | undefined]>([
    [{}, 'auto'],
    [{ seed: 3, trainLimit: 1000, training: { batchSize: 32 } }, 'auto'],
    [{ objectives: ['accuracy'] }, 'auto'],
    [{ objectives: ['accuracy', 'parameters'] }, 0.25],
    [{ generations: 3 }, 0.25],
    [{ searchSpace: { maxParameters: 5000 } }, 0.25],
    [{ preset: 'cnn-ga' }, 0.25],
    [{ searchShare: 0.4 }, 0.4],
    [{ searchShare: 0 }, 0],
    [{ genome: '8-8' }, undefined],
    [{ budget: undefined }, undefined],
  ])('decides whether there is a search, unless one is asked for: %j', (given, share) => {
    const config = resolveConfig({ dataset: { source: 'any' }, budget: '1m', ...given }, 'the test');
    expect(config.searchShare).toBe(share);
  });

  it.each<[Partial<SearchConfigInput>, RegExp]>([
    [{ searchShare: 1 }, /searchShare must be at most 0.9, received 1/],
    [
      { searchShare: 'much' as 'auto' },
      /searchShare must be a share of the budget from 0 \(no search\) to 0.9, or auto/,
    ],
    [{ searchShare: 0.3, budget: undefined }, /searchShare is 0.3, but there is no budget to share; give a budget/],
    [{ searchShare: 0.3, genome: '8-8' }, /searchShare is 0.3, but a genome is given/],
    [{ searchShare: 0, objectives: ['accuracy', 'flops'] }, /searchShare is 0, but several objectives need a search/],
    [{ searchShare: 'auto', objectives: ['accuracy', 'flops'] }, /searchShare is auto, but several objectives need/],
  ])('refuses a share without a meaning: %j', (given, message) => {
    const config = { dataset: { source: 'any' }, budget: '1m', ...given };
    expect(() => resolveConfig(config, 'the test')).toThrow(message);
  });

  it('has a search of some dozen candidates, and passes for the largest of them in the final training', () => {
    let before = 1.5;
    for (const minutes of [1, 3, 30, 480]) {
      const work = minutes * 60 * 1.2e11;
      const plan = planned(work);
      expect(candidatesOf(plan, MNIST)).toBeGreaterThan(12);
      expect(candidatesOf(plan, MNIST)).toBeLessThan(90);
      const passes = (work - (plan.searchWork ?? 0)) / MNIST.trainExamples / (plan.searchSpace.maxWork ?? 0);
      expect(passes).toBeGreaterThan(before);
      before = passes;
    }
  });

  it('trains candidates for a twentieth of the final training of a network as large, where that leaves eight', () => {
    const sharesOf = (work: number, searchShare: number) => {
      const plan = planBudget(work, { ...budgeted(), searchShare }, MNIST);
      if (plan?.searchWork === undefined) throw new Error('there is a search');
      const passes = (work - plan.searchWork) / MNIST.trainExamples / (plan.searchSpace.maxWork ?? 0);
      const shown = (plan.searchLimit ?? 54_000) * plan.training.epochs;
      return { fidelity: shown / passes / MNIST.trainExamples, candidates: candidatesOf(plan, MNIST) };
    };
    for (const work of [1e14, 1e15]) {
      // A part of what they have goes to their scoring and start.
      const { fidelity } = sharesOf(work, 0.25);
      expect(fidelity).toBeGreaterThan(0.03);
      expect(fidelity).toBeLessThan(0.05);
    }
    const few = sharesOf(1e15, 0.05);
    expect(few.fidelity).toBeLessThan(sharesOf(1e15, 0.25).fidelity);
    expect(few.candidates).toBeGreaterThanOrEqual(8);
  });

  it('allows larger networks and shows more images the larger the budget', () => {
    const plans = [1, 4, 16, 64].map((minutes) => planned(minutes * 60 * 1.2e11));
    const limits = plans.map(({ searchSpace }) => searchSpace.maxWork ?? 0);
    const shown = plans.map(({ searchLimit, training }) => (searchLimit ?? 54_000) * training.epochs);
    for (const figures of [limits, shown]) {
      expect(figures).toEqual(figures.toSorted((a, b) => a - b));
      expect(new Set(figures).size).toBe(figures.length);
    }
  });

  it('leaves every value that the user gave', () => {
    const given = {
      population: 11,
      generations: 2,
      searchWork: 1e12,
      searchLimit: 2222,
      finalEpochs: 3.5,
      training: { epochs: 3 },
      searchSpace: { channels: [4, 64], maxDepth: 3, maxFlops: 5e6, maxWork: 3e7 },
    };
    expect(planned(1e14, given)).toMatchObject(given);
    expect(planned(1e14, given).undecided).toBeUndefined();
    expect(planned(1e14, { searchLimit: null })).toMatchObject({ searchLimit: null });
    expect(planned(1e14, { training: { epochs: 7 } }).training.epochs).toBe(7);
    const fewer = planned(1e14, { training: { epochs: 7 } }).searchLimit ?? 0;
    expect(fewer).toBeLessThan(planned(1e14).searchLimit ?? 0);
  });

  it('leaves the final training open, and a plan that is made is not made again', () => {
    const plan = planned(1e14);
    expect(plan.undecided).toEqual(['finalEpochs']);
    expect(planBudget(1e14, plan, MNIST)).toEqual(plan);
  });

  it('begins with reference designs as large as it allows, beside random genomes', () => {
    const plan = planned(1e14);
    expect(plan.initialGenomes).toEqual(['16-32-max-32-64-max-64-128', '32-32-max-64-64', '32-64']);
    expect(planned(1e14, { objectives: ['accuracy', 'parameters'] }).initialGenomes).toEqual([
      '16-16-max-32-32-max-64-64',
      '8-16-max-16-32-max-32-64',
      '8-8-max-16-16-max-32-32',
    ]);
    expect(planned(1e14, { strategy: 'random' }).initialGenomes).toEqual([]);
    expect(planned(1e14, { population: 3 }).initialGenomes).toHaveLength(1);
    expect(planned(1e14, { initialGenomes: ['8-8-8-8'] }).initialGenomes).toEqual(['8-8-8-8']);
    expect(planned(1e14, { initialGenomes: [] }).initialGenomes).toEqual([]);
  });

  it('is possible from the least work on', () => {
    fc.assert(
      fc.property(someData, fc.double({ min: 1, max: 1000, noNaN: true }), (data, times) => {
        const least = leastWork(budgeted(), data);
        expect(planBudget(least * times, budgeted(), data)).toBeDefined();
        expect(planBudget(least * 0.98, budgeted(), data)).toBeUndefined();
      }),
    );
  });

  it('of a genome that is given is all for its training', () => {
    const config = budgeted({ genome: '8-8' });
    expect(config.undecided).toEqual(['finalEpochs', 'replicas']);
    expect(planBudget(1e13, config, MNIST)).toEqual({ ...config, undecided: ['finalEpochs'] });
    expect(planBudget(1e10, config, MNIST)).toBeUndefined();
  });
});

describe('the final training', () => {
  const cost = estimateCost(parseGenome('8-8-max-16-16'), MNIST.problem);

  it('takes as many epochs as there is work for, in hundredths', () => {
    const epoch = 60_000 * trainingWork(cost, budgeted().training);
    expect(planFinalEpochs(7.358 * epoch, budgeted(), MNIST, cost)).toBe(7.35);
    expect(planFinalEpochs(7.358 * epoch, budgeted({ trainLimit: 30_000 }), MNIST, cost)).toBe(14.71);
  });

  it('is never nothing', () => {
    expect(planFinalEpochs(-1e12, budgeted(), MNIST, cost)).toBeGreaterThan(0);
  });
});

describe('the work of a candidate', () => {
  it('follows images, epochs and network', () => {
    const config = budgeted({ searchLimit: 2000, training: { epochs: 2 } });
    const work = (changed: Partial<SearchConfig>, genome = '8-8') =>
      candidateWork({ ...config, ...changed }, MNIST, estimateCost(parseGenome(genome), MNIST.problem));
    const start = work({}) - (work({ searchLimit: 4000 }) - work({}));
    expect(start).toBeGreaterThan(0);
    expect(work({ training: { ...config.training, epochs: 4 } }) - start).toBeCloseTo(2 * (work({}) - start), -3);
    expect(work({}, '8-8-8-8')).toBeGreaterThan(work({}));
    expect(work({ searchLimit: null })).toBeGreaterThan(work({ searchLimit: 50_000 }));
    expect(work({ fitnessOn: 'test' })).toBeGreaterThan(work({}));
  });
});

function budgeted(given: Partial<SearchConfigInput> = {}): SearchConfig {
  const share = given.genome === undefined ? { searchShare: 0.25 } : {};
  return resolveConfig({ dataset: { source: 'any' }, budget: '1m', workers: 2, ...share, ...given }, 'the test');
}

function planned(work: number, given: Partial<SearchConfigInput> = {}): SearchConfig {
  const plan = planBudget(work, budgeted(given), MNIST);
  if (plan === undefined) throw new Error('the budget is too small');
  return plan;
}

/** Random genomes that the search has work for. */
function candidatesOf(plan: SearchConfig, { problem, ...size }: DataSize): number {
  const { channels, maxDepth, maxWork = Number.POSITIVE_INFINITY } = plan.searchSpace;
  const rng = createRng('candidates');
  let [spent, count] = [0, 0];
  while (true) {
    const genome = randomGenome(rng, { channels, maxDepth, maxWork }, problem);
    spent += candidateWork(plan, { problem, ...size }, estimateCost(genome, problem));
    if (spent > (plan.searchWork ?? 0)) return count;
    count++;
  }
}
