import { describe, expect, it } from 'vitest';
import { median } from '../../dist/arithmetic/averages.js';
import { joinCurves, readSearch, tableOf } from './curve.mjs';

const evaluation = (id, fitness, work, more = {}) => ({
  type: 'evaluation',
  id,
  genome: `g-${id}`,
  fitness,
  work,
  ...more,
});
const failure = { reason: 'error', message: 'NaN' };

describe('readSearch', () => {
  it('gives each network that is fitter than all before it, with the work spent up to it', () => {
    const { incumbents, spent } = readSearch([
      evaluation('a', 0.5, 10),
      evaluation('b', 0.4, 20),
      evaluation('c', 0.7, 5),
    ]);
    expect(incumbents.map(({ id, spent: work }) => [id, work])).toEqual([
      ['a', 10],
      ['c', 35],
    ]);
    expect(spent).toBe(35);
  });

  it('counts the work of failures, which are never handed over, even first and with fitness 0', () => {
    const { incumbents, spent, failures } = readSearch([evaluation('a', 0, 10, { failure }), evaluation('b', 0.2, 7)]);
    expect(incumbents).toMatchObject([{ id: 'b', spent: 17 }]);
    expect([spent, failures]).toEqual([17, 1]);
  });

  it('counts what was answered from a record as if it had been trained, once for each id', () => {
    const cached = evaluation('a', 0.5, 10, { cached: true });
    const { incumbents, spent } = readSearch([cached, cached, evaluation('b', 0.6, 3)]);
    expect(incumbents.map((entry) => entry.spent)).toEqual([10, 13]);
    expect(spent).toBe(13);
  });

  it('keeps the first of two that are equally fit', () => {
    expect(readSearch([evaluation('a', 0.5, 1), evaluation('b', 0.5, 1)]).incumbents).toHaveLength(1);
  });

  it('counts a genome on several rungs as one network and ignores entries that are not evaluations', () => {
    const low = evaluation('a', 0.5, 1, { genome: '8-8' });
    const high = evaluation('b', 0.6, 3, { genome: '8-8' });
    const final = { type: 'final', id: 'c', genome: '8-8' };
    expect(readSearch([low, high, final])).toMatchObject({ networks: 1, spent: 4 });
  });
});

describe('joinCurves', () => {
  it('has median, least and most of step functions, from where all have a value', () => {
    const joined = joinCurves([
      [
        { work: 1, accuracy: 0.1 },
        { work: 4, accuracy: 0.5 },
      ],
      [{ work: 2, accuracy: 0.2 }],
      [
        { work: 3, accuracy: 0.9 },
        { work: 5, accuracy: 0.8 },
      ],
    ]);
    expect(joined).toEqual([
      { work: 3, median: 0.2, least: 0.1, most: 0.9 },
      { work: 4, median: 0.5, least: 0.2, most: 0.9 },
      { work: 5, median: 0.5, least: 0.2, most: 0.8 },
    ]);
  });

  it('is empty where there is no curve', () => {
    expect(joinCurves([[]])).toEqual([]);
  });
});

describe('median', () => {
  it('is the middle one, or the mean of the two in the middle', () => {
    expect(median([10, 9, 100])).toBe(10);
    expect(median([4, 1, 3, 10])).toBe(3.5);
  });
});

describe('tableOf', () => {
  it('has a line for each arm, the best median first, with the spread over seeds', () => {
    const run = { validationAccuracy: 0.9, failures: 0, work: 90, parameters: 12_345 };
    const results = [
      { ...run, arm: 'random', seed: 1, accuracy: 0.91, networks: 20 },
      { ...run, arm: 'ours', seed: 2, accuracy: 0.95, networks: 30, failures: 2 },
      { ...run, arm: 'ours', seed: 1, accuracy: 0.97, networks: 34 },
      { ...run, arm: 'ours', seed: 3, accuracy: 0.9, networks: 31 },
    ];
    const lines = tableOf(results, 100).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[2]).toBe(
      '| ours | 95.00 % (90.00 %–97.00 %) | 90.00 % (90.00 %–90.00 %) | 31 (30–34) | 12,345 (12,345–12,345) | 90 % | 2 | 1, 2, 3 |',
    );
    expect(lines[3]).toContain('| random | 91.00 % | 90.00 % | 20 |');
  });
});
