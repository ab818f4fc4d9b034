import { describe, expect, it } from 'vitest';
import { toyDataset } from '../../../test/support/toy-data.ts';
import { selectData } from '../../evaluation/select-data.ts';
import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import { refinementTask, tasksByRung } from '../candidates/identified-task.ts';
import type { RunConfig, SearchConfigInput } from '../config/config.ts';
import type { DataSize } from '../config/network-input.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { canTellApart, leastWork, planBudget } from './budget-plan.ts';
import { candidateWork, scoredImages } from './candidate-work.ts';
import { noticeOfSplits, wantedSplits, withSplits } from './fitness-splits.ts';
import { expectedWork, taskWork } from './rung-sizes.ts';

const problem = { input: { channels: 3, height: 32, width: 32 }, classes: 10 };
const dataOf = (trainExamples: number): DataSize => ({ trainExamples, testExamples: 100, problem });
const resolve = (input: Partial<SearchConfigInput> = {}) =>
  resolveConfig({ dataset: { source: 'any' }, ...input }, 'a test');
const genome = parseGenome('8-8-max');
const cost = estimateCost(genome, problem);

describe('the number of validation splits that is left open', () => {
  it.each([
    [200, 5],
    [500, 5],
    [1000, 4],
    [1333, 4],
    [1500, 3],
    [3994, 2],
    [3995, 1],
    [50_000, 1],
  ])('of %i images is as many as make 400 validation images, and no more than five: %i', (images, expected) => {
    expect(wantedSplits(resolve(), dataOf(images))).toBe(expected);
  });

  it('is no more than there are disjoint ones, and one where something else scores candidates', () => {
    expect(wantedSplits(resolve({ validation: 0.3 }), dataOf(100))).toBe(3);
    for (const input of [
      { fitnessOn: 'test' },
      { validation: 'part' },
      { inheritWeights: true },
      { earlyStopCandidates: 'median' },
    ] as const) {
      expect(wantedSplits(resolve(input), { ...dataOf(100), validationExamples: 10 })).toBe(1);
    }
  });

  it('is decided without a budget where auto asks for it, and left out without a search', () => {
    expect(withSplits(resolve({ fitnessSplits: 'auto' }), dataOf(200)).fitnessSplits).toBe(5);
    expect(withSplits(resolve({ fitnessSplits: 2 }), dataOf(200)).fitnessSplits).toBe(2);
    expect(withSplits(resolve({ fitnessSplits: 5, genome: '8-8' }), dataOf(200))).not.toHaveProperty('fitnessSplits');
    expect(withSplits(resolve(), dataOf(200))).toEqual(resolve());
  });

  it('says how often candidates are trained, and on how many images they are scored', () => {
    const config = resolve({ fitnessSplits: 5 });
    expect(noticeOfSplits(config, scoredImages(config, dataOf(500)))).toBe(
      'Each candidate is trained 5 times, each time with another 50 images held out, and scored on these 250 together, as 50 say little. --fitness-splits 1 (fitnessSplits) trains it once.',
    );
    expect(noticeOfSplits(resolve(), 50)).toBeUndefined();
  });
});

describe('the plan of a budget with several validation splits', () => {
  const planned = (work: number, images: number, input: Partial<SearchConfigInput> = {}) =>
    planBudget(work, resolve({ budget: `${work}flops`, searchShare: 0.25, ...input }), dataOf(images));

  it('takes more than one where each training still is a twentieth of the final one, for eight candidates', () => {
    expect(planned(3e11, 500)).not.toHaveProperty('fitnessSplits');
    expect(planned(1e13, 500)?.fitnessSplits).toBe(2);
    expect(planned(1e13, 500, { searchShare: 0.5 })?.fitnessSplits).toBe(5);
    expect(planned(1e13, 5000, { searchShare: 0.5 })).not.toHaveProperty('fitnessSplits');
    expect(planned(1e13, 500, { searchShare: 0.5, preset: 'autocnn' })?.fitnessSplits).toBe(1);
  });

  it('keeps the length of a training rather than the number of candidates, and asks for no more work', () => {
    const [one, five] = [1, 5].map((fitnessSplits) => planned(1e13, 500, { searchShare: 0.5, fitnessSplits }));
    expect(one?.searchWork).toBe(five?.searchWork);
    // Of the final training, which has half of the work.
    const passes = 5e12 / 500 / (five?.searchSpace.maxWork ?? 0);
    expect(five?.training.epochs).toBeGreaterThan(0.9 * 0.05 * passes);
    for (const plan of [one, five]) {
      if (plan === undefined) throw new Error('there is no plan');
      const typical = estimateCost(parseGenome(plan.initialGenomes[0] ?? ''), problem);
      const candidates = (plan.searchWork ?? 0) / candidateWork(plan, dataOf(500), typical);
      expect(candidates).toBeGreaterThan(3);
    }
  });

  it('needs no larger budget where it decides, and a larger one where many are asked for', () => {
    const config = resolve({ budget: '1e13flops', searchShare: 0.25 });
    const least = (fitnessSplits: number | 'auto') => leastWork({ ...config, fitnessSplits }, dataOf(500));
    expect(least('auto')).toBe(least(1));
    expect(least(5)).toBeGreaterThan(2 * least(1));
  });

  it('changes nothing about whether there is a search by default', () => {
    const config = resolve({ budget: '1e15flops' });
    expect(config.fitnessSplits).toBe('auto');
    expect(canTellApart(config, dataOf(500))).toBe(false);
    const plan = planBudget(1e15, config, dataOf(500));
    expect(plan?.searchShare).toBe(0);
    expect(plan && withSplits(plan, dataOf(500))).not.toHaveProperty('fitnessSplits');
  });
});

describe('a candidate on several validation splits', () => {
  it('takes as many times the work, and is scored on the images of all of them', () => {
    const [one, five] = [resolve(), resolve({ fitnessSplits: 5 })];
    expect(candidateWork(five, dataOf(500), cost)).toBe(5 * candidateWork(one, dataOf(500), cost));
    expect(expectedWork({ ...five, rungs: 2 }, dataOf(5000), cost)).toBeCloseTo(
      5 * expectedWork({ ...one, rungs: 2 }, dataOf(5000), cost),
    );
    expect([scoredImages(one, dataOf(500)), scoredImages(five, dataOf(500))]).toEqual([50, 250]);
    expect(scoredImages({ ...five, searchLimit: 20 }, dataOf(500))).toBe(100);
  });

  it.each([
    [43, 0.1, 5],
    [45, 0.1, 10],
    [44, 0.25, 3],
    [46, 1 / 3, 3],
  ])(
    'of %i images, with a share of %f, is scored on as many as its %i splits hold',
    (images, validation, fitnessSplits) => {
      const config = resolve({ validation, fitnessSplits });
      const selection = { seed: '1/data', validation, purpose: 'search', splits: fitnessSplits } as const;
      const dataset = toyDataset(images, 10);
      const held = Array.from(
        { length: fitnessSplits },
        (_, split) => selectData(dataset, selection, split).validation,
      );
      expect(scoredImages(config, dataOf(images))).toBe(new Set(held.flatMap((indices) => [...indices])).size);
    },
  );

  it('has tasks that say so, with ids of their own; with one split, tasks and ids are those without a word of it', () => {
    const tasksOf = (input: Partial<SearchConfigInput>) => {
      const config: RunConfig = { ...resolve({ training: { epochs: 3 }, ...input }), lowering: 'plain' };
      const settings = { config, dataset: { path: 'p', fingerprint: 'f' }, checkpoint: (id: string) => id };
      const [candidate] = tasksByRung(genome, settings, dataOf(500));
      const refined = refinementTask(genome, settings, 2);
      if (candidate === undefined) throw new Error('there is no task');
      expect(taskWork(candidate, config, dataOf(500))).toBe(candidateWork(config, dataOf(500), cost));
      return [candidate, refined];
    };
    const [none, one, three] = [tasksOf({}), tasksOf({ fitnessSplits: 1 }), tasksOf({ fitnessSplits: 3 })];
    expect(one).toEqual(none);
    for (const [i, { id, task }] of three.entries()) {
      const { splits, ...others } = task.selection;
      expect(splits).toBe(3);
      expect(others).toEqual(none[i]?.task.selection);
      expect(id).not.toBe(none[i]?.id);
    }
  });
});
