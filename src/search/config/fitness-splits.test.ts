// On how many validation splits candidates are scored, as far as the configuration says it.

import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../run/resolve-config.ts';
import type { SearchConfig, SearchConfigInput } from './config.ts';
import { splitsOf } from './fidelity-schema.ts';
import { withoutStale } from './stale-keys.ts';

const resolve = (input: Partial<SearchConfigInput>) =>
  resolveConfig({ dataset: { source: 'any' }, ...input }, (path) => path);
const splitsIn = (input: Partial<SearchConfigInput>) => resolve(input).fitnessSplits;

describe('fitnessSplits', () => {
  it('is left to the plan of a budget, is one in presets of the package and the paper, and absent elsewhere', () => {
    expect(splitsIn({ budget: '5m' })).toBe('auto');
    expect(splitsIn({ budget: '5m', preset: 'fast' })).toBe('auto');
    expect([splitsIn({ budget: '5m', preset: 'autocnn' }), splitsIn({ preset: 'cnn-ga' })]).toEqual([1, 1]);
    expect(resolve({})).not.toHaveProperty('fitnessSplits');
    expect(resolve({ budget: '5m', genome: 'auto' })).not.toHaveProperty('fitnessSplits');
    expect([splitsIn({ fitnessSplits: 5 }), splitsIn({ fitnessSplits: 'auto' })]).toEqual([5, 'auto']);
    expect([splitsOf({}), splitsOf({ fitnessSplits: 'auto' }), splitsOf({ fitnessSplits: 5 })]).toEqual([1, 1, 5]);
  });

  it('stays what it is when a resolved configuration is resolved again', () => {
    for (const input of [{ budget: '5m' }, { budget: '5m', preset: 'autocnn' as const }, { fitnessSplits: 3 }, {}]) {
      const once = resolve(input);
      expect(resolveConfig(JSON.parse(JSON.stringify(once)), 'again').fitnessSplits).toBe(once.fitnessSplits);
    }
  });

  it('of a run from before, whose sizes are all decided, stays one', () => {
    const { fitnessSplits: _, ...stored } = resolve({ budget: '5m' });
    for (const undecided of [[], ['finalEpochs' as const]]) {
      const planned = { ensemble: 1, views: 1, searchWork: 1e12, undecided } as const;
      const run = { ...(stored as SearchConfigInput), ...planned };
      expect(splitsIn(run)).toBeUndefined();
    }
  });

  it('asks for a search', () => {
    expect(resolve({ budget: '5m' }).searchShare).toBe('auto');
    expect(resolve({ budget: '5m', fitnessSplits: 3 }).searchShare).toBe(0.25);
  });

  it.each([
    [0, 'at least 1'],
    [-1, 'at least 1'],
    [11, 'at most 10'],
    [1.5, 'a whole number from 1 to 10, or auto'],
    ['many', 'a whole number from 1 to 10, or auto'],
  ])('is refused as %j', (value, expected) => {
    expect(() => splitsIn({ fitnessSplits: value as number })).toThrow(
      `fitnessSplits must be ${expected}, received ${JSON.stringify(value)}`,
    );
  });

  it.each<[Partial<SearchConfigInput>, string]>([
    [{ fitnessOn: 'test' }, 'fitnessOn is test, which scores candidates on the test images; leave one of them out'],
    [{ validation: 'part' }, 'the validation part of the data scores candidates, and there is one of it; use 1, or'],
    [
      { inheritWeights: true },
      'inheritWeights gives candidates weights that were trained on validation images of other',
    ],
    [
      { earlyStopCandidates: 'median' },
      'earlyStopCandidates is median, which could end only the last of the trainings',
    ],
    [
      { validation: 0.25 },
      'with validation 0.25 no more than 4 disjoint splits exist; use as many or fewer, or a smaller',
    ],
  ])('cannot be 5 with %j, but can be auto, which is then one', (input, problem) => {
    expect(() => splitsIn({ ...input, fitnessSplits: 5 })).toThrow(`fitnessSplits is 5, but ${problem}`);
    expect(splitsIn({ ...input, fitnessSplits: 'auto' })).toBe('auto');
    expect(splitsIn({ ...input, fitnessSplits: 1 })).toBe(1);
  });

  it.each([
    [0.2, 5],
    [1 / 3, 3],
    [0.1, 10],
  ])('may cover all images: with %f, %i', (validation, fitnessSplits) => {
    expect(splitsIn({ validation, fitnessSplits })).toBe(fitnessSplits);
  });

  it('of a run is decided anew with its plan, or where something else scores candidates', () => {
    const run: Partial<SearchConfig> = { ...resolve({ budget: '5m' }), fitnessSplits: 3, undecided: ['finalEpochs'] };
    const stored = { ...run, dataset: { source: 'any', fingerprint: 'f' } };
    const under = (key: string, value: unknown, of: object = stored) =>
      (withoutStale(of, new Map([[key, value]])) as Partial<SearchConfig>).fitnessSplits;
    for (const [key, value] of [
      ['budget', '1h'],
      ['dataset.source', 'others'],
      ['validation', 0.5],
      ['fitnessOn', 'test'],
      ['inheritWeights', true],
      ['earlyStopCandidates', 'median'],
    ] as const) {
      expect(under(key, value), key).toBeUndefined();
    }
    expect([under('seed', 2), under('population', 4), under('fitnessSplits', 2)]).toEqual([3, 3, 3]);
    const { budget: _, ...unlimited } = stored;
    expect(under('validation', 0.2, unlimited)).toBe(3);
  });
});
