import { describe, expect, it } from 'vitest';
import { entryOf } from '../../../test/support/made-up-run.ts';
import { type FrontRule, requirePick } from '../config/pick-rule.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import { type Capacity, pickFrom, pickPromising } from './pick.ts';

const member = (genome: string, fitness: number, parameters: number): EvaluationEntry => ({
  ...entryOf(genome, fitness),
  parameters,
});
const FRONT = [
  member('64-64', 0.992, 100_000),
  member('32-32', 0.991, 40_000),
  member('16-16', 0.982, 10_000),
  member('8-8', 0.95, 4_000),
  member('max', 0.3, 100),
];
const pick = (rule: FrontRule, front: readonly EvaluationEntry[] = FRONT) => pickFrom(front, rule, 'parameters');

describe('requirePick', () => {
  it('reads the rules', () => {
    expect(requirePick('best', 'pick')).toEqual({ name: 'best' });
    expect(requirePick('knee', 'pick')).toEqual({ name: 'knee' });
    expect(requirePick('smallest-within=0.5%', 'pick')).toEqual({ name: 'smallest-within', points: 0.5 });
    expect(requirePick('smallest-within=.25 %', 'pick')).toEqual({ name: 'smallest-within', points: 0.25 });
  });

  it.each([
    ['kne', '--pick must be best, promising, knee or smallest-within=1%, received "kne"; did you mean knee?'],
    [
      'smalest-within=1%',
      '--pick must be best, promising, knee or smallest-within=1%, received "smalest-within=1%"; did you mean smallest-within=1%?',
    ],
    [
      'smallest-within=1',
      '--pick must be best, promising, knee or smallest-within=1%, received "smallest-within=1"; the share is in percentage points, above 0',
    ],
    [
      'smallest-within=0%',
      '--pick must be best, promising, knee or smallest-within=1%, received "smallest-within=0%"; the share is in percentage points, above 0',
    ],
  ])('refuses %s', (text, message) => {
    expect(() => requirePick(text, '--pick')).toThrow(message);
  });
});

describe('pickFrom', () => {
  it('takes the fittest as the best', () => {
    expect(pick({ name: 'best' })).toEqual({ entry: FRONT[0], why: 'the highest fitness' });
  });

  it('takes the smallest within the given number of percentage points, inclusive', () => {
    const within = (points: number) => pick({ name: 'smallest-within', points }).entry.genome;
    expect([0.05, 0.1, 0.9, 1, 5, 100].map(within)).toEqual(['64-64', '32-32', '32-32', '16-16', '8-8', 'max']);
  });

  it('takes the network farthest above the line between both ends as the knee', () => {
    // In shares of the ranges: 32-32 (0.4, 1.0), 16-16 (0.1, 0.99), 8-8 (0.04, 0.94).
    expect(pick({ name: 'knee' }).entry.genome).toBe('8-8');
    expect(pick({ name: 'knee' }, FRONT.slice(0, 4)).entry.genome).toBe('16-16');
    // The true distance to the line, for all of them.
    const distances = FRONT.map(({ fitness, parameters }) => {
      const [x, y] = [(parameters - 100) / 99_900, (fitness - 0.3) / 0.692];
      return Math.abs(x - y) / Math.SQRT2;
    });
    expect(distances.indexOf(Math.max(...distances))).toBe(3);
  });

  it('takes the best if no network is above the line', () => {
    const straight = [member('a', 0.9, 300), member('b', 0.6, 250), member('c', 0.3, 100)];
    expect(pick({ name: 'knee' }, straight)).toEqual({
      entry: straight[0],
      why: 'the highest fitness, as the front has no knee',
    });
    expect(pick({ name: 'knee' }, straight.slice(0, 2)).entry.genome).toBe('a');
    expect(pick({ name: 'knee' }, straight.slice(0, 1)).entry.genome).toBe('a');
  });
});

describe('pickPromising', () => {
  const entries = [
    entryOf('8-8', 0.675, 0),
    entryOf('16-16', 0.674, 0),
    entryOf('32-32', 0.67, 0),
    entryOf('64-64', 0.6, 0),
  ];
  const capacities: Readonly<Record<string, Capacity>> = {
    '8-8': { depth: 1, parameters: 90 },
    '16-16': { depth: 2, parameters: 10 },
    '32-32': { depth: 2, parameters: 20 },
    '64-64': { depth: 9, parameters: 99 },
  };
  const pickOf = (images: number) =>
    pickPromising(entries, images, (genome) => capacities[genome] ?? { depth: 0, parameters: 0 });

  it('is the deepest within a standard error of the best, of equals the one with the most parameters', () => {
    // √(0.675 · 0.325 / 5000) = 0.0066.
    const { entry: picked, why } = pickOf(5000);
    expect(picked.genome).toBe('32-32');
    expect(why).toBe('the deepest of 3 within 0.66 points, the standard error');
    expect(pickOf(50_000).entry.genome).toBe('16-16');
  });

  it('is the best where no other is as close', () => {
    const { entry: picked, why } = pickOf(1_000_000);
    expect(picked.genome).toBe('8-8');
    expect(why).toBe('the highest fitness; none is within 0.05 points, the standard error');
  });

  it('is the incumbent unless the best is ahead of it by more than two standard errors', () => {
    const incumbent = entryOf('4-4', 0.66, 0);
    const pickAgainst = (images: number, some = [...entries, incumbent]) =>
      pickPromising(some, images, (genome) => capacities[genome] ?? { depth: 0, parameters: 0 }, '4-4');
    // 2 · √(0.675 · 0.325 / 3900) = 0.0150, and with 3,800 images 0.0152.
    const { entry: picked, why } = pickAgainst(3800);
    expect(picked).toBe(incumbent);
    expect(why).toBe('the first of the initial genomes: none is ahead of it by 1.52 points, 2 standard errors');
    expect(pickAgainst(3900).entry.genome).toBe('32-32');
    // Where it failed or was not trained to the end, it has no say.
    expect(pickAgainst(3800, entries).entry.genome).toBe('32-32');
  });

  it('is the incumbent, too, where that is the best and a deeper one is near', () => {
    expect(pickPromising(entries, 5000, (genome) => capacities[genome] as Capacity, '8-8').entry.genome).toBe('8-8');
  });

  it('is the same in whatever order they come, the fitter of two that are equally large', () => {
    const capacity = { depth: 1, parameters: 1 };
    const alike = [entryOf('b', 0.674, 0), entryOf('c', 0.675, 0), entryOf('a', 0.674, 0)];
    for (const some of [alike, alike.toReversed()])
      expect(pickPromising(some, 1000, () => capacity).entry.genome).toBe('c');
    const equal = [entryOf('b', 0.675, 0), entryOf('a', 0.675, 0)];
    for (const some of [equal, equal.toReversed()])
      expect(pickPromising(some, 1000, () => capacity).entry.genome).toBe('a');
  });
});
