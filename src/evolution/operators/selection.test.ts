import { describe, expect, it } from 'vitest';
import { parseGenome } from '../../genome/text.ts';
import { createRng, type Rng } from '../../random/rng.ts';
import type { Individual } from '../individual.ts';
import { selectSurvivors } from './selection.ts';
import { selectByTournament, selectFromSample } from './tournament.ts';

const individual = (text: string, fitness: number): Individual => ({ genome: parseGenome(text), fitness });

const a = individual('32-32', 0.1);
const b = individual('64-64', 0.2);
const c = individual('max', 0.3);
const d = individual('128-128', 0.9);
const e = individual('mean', 0.15);

describe('selectByTournament', () => {
  it('keeps the fitter of two different individuals', () => {
    expect(selectByTournament(drawing([0, 0]), [a, b, c])).toBe(b);
    expect(selectByTournament(drawing([2, 1]), [a, b, c])).toBe(c);
    expect(selectByTournament(drawing([2, 0]), [c, b, a])).toBe(c);
  });

  it('keeps the one drawn first of equals', () => {
    const equals = [individual('max', 1), individual('mean', 1), individual('32-32', 1)];
    expect(selectByTournament(drawing([2, 0]), equals)).toBe(equals[2]);
    expect(selectByTournament(drawing([0, 1]), equals)).toBe(equals[0]);
  });

  it('takes at least two individuals', () => {
    expect(() => selectByTournament(createRng(1), [a])).toThrow(
      'a binary tournament takes at least two individuals, received 1',
    );
  });
});

describe('selectFromSample', () => {
  it('keeps the fittest of those drawn, which may be the same one twice', () => {
    expect(selectFromSample(drawing([0, 2, 1]), [a, b, c, d], 3)).toBe(c);
    expect(selectFromSample(drawing([1, 1]), [a, b, c, d], 2)).toBe(b);
    expect(selectFromSample(drawing([0]), [a, b, c, d], 1)).toBe(a);
  });

  it('keeps the one drawn first of equals', () => {
    const equals = [individual('max', 1), individual('mean', 1), individual('32-32', 1)];
    expect(selectFromSample(drawing([2, 0, 1]), equals, 3)).toBe(equals[2]);
  });

  it('takes one individual and more', () => {
    expect(selectFromSample(createRng(1), [a], 2)).toBe(a);
    expect(() => selectFromSample(createRng(1), [], 2)).toThrow('cannot pick from an empty list');
  });
});

describe('selectSurvivors', () => {
  it('puts the best of all in the place of the worst winner', () => {
    // a–b, a–c, a–e: b, c and e win; d took part in none.
    expect(selectSurvivors(drawing([0, 0, 0, 1, 0, 3]), [a, b, c], [d, e])).toEqual([b, c, d]);
  });

  it('leaves the winners alone if the best of all is among them', () => {
    // a–d, a–e, a–b.
    expect(selectSurvivors(drawing([0, 2, 0, 3, 0, 0]), [a, b, c], [d, e])).toEqual([d, e, b]);
  });

  it('takes a winner with the genome and fitness of the best for the best', () => {
    const twin = { ...d };
    // twin–a, b–a, b–a.
    const survivors = selectSurvivors(drawing([1, 2, 2, 2, 2, 2]), [d, twin, b], [a]);
    expect(survivors).toEqual([twin, b, b]);
  });

  it('lets an individual survive more than once', () => {
    expect(selectSurvivors(drawing([2, 0, 2, 0]), [a, b], [d])).toEqual([d, d]);
  });
});

/** A stream whose integers are these. */
function drawing(integers: readonly number[]): Rng {
  const left = [...integers];
  const integer = () => {
    const next = left.shift();
    if (next === undefined) throw new Error('more integers were drawn than expected');
    return next;
  };
  return { ...createRng(0), integer, pick: <T>(items: readonly T[]) => items[integer()] as T };
}
