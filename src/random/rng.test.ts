import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash128 } from './hash128.ts';
import { createRng } from './rng.ts';

const hex = (words: readonly number[]) => words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');

describe('hash128', () => {
  it('agrees with the published MurmurHash3 x86 128-bit vectors', () => {
    expect(hex(hash128('The quick brown fox jumps over the lazy dog'))).toBe('2f1583c3ecee2c675d7bf66ce5e91d2c');
    expect(hex(hash128("I will not buy this tobacconist's, it is scratched."))).toBe(
      '9b5b7ba2ef3f7866889adeaf00f3f98e',
    );
    expect(hex(hash128('0'))).toMatch(/^0ab2409ea5eb34f8/);
  });
});

describe('createRng', () => {
  it('gives this stream for seed 42, on every machine', () => {
    const rng = createRng(42);
    expect([1, 2, 3, 4, 5, 6].map(() => rng.integer(0, 999))).toMatchInlineSnapshot(`
      [
        465,
        500,
        54,
        664,
        391,
        343,
      ]
    `);
  });

  it('gives a fork the same stream whatever its parent drew before', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.nat(20), (seed, name, draws) => {
        const fresh = createRng(seed);
        const used = createRng(seed);
        for (let i = 0; i < draws; i++) used.uniform();
        expect(used.fork(name).uniform()).toBe(fresh.fork(name).uniform());
      }),
    );
  });

  it('gives different names different streams', () => {
    const rng = createRng(1);
    const firsts = Array.from({ length: 500 }, (_, i) => rng.fork(`stream ${i}`).uniform());
    expect(new Set(firsts).size).toBe(500);
  });

  it('draws uniformly (chi-square, 10 cells, 0.1 % level)', () => {
    const rng = createRng('uniform');
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const cell = Math.floor(rng.uniform() * 10);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    expect(chiSquare).toBeLessThan(27.88);
  });

  it('draws indices in proportion to their weights and never one of weight 0', () => {
    const rng = createRng('weights');
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 20_000; i++) {
      const index = rng.weightedIndex([0.7, 0, 0.2, 0.1]);
      counts[index] = (counts[index] ?? 0) + 1;
    }
    expect(counts[1]).toBe(0);
    expect(counts.map((count) => Math.round(count / 1000))).toEqual([14, 0, 4, 2]);
  });

  it('shuffles into a permutation', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(50), (seed, length) => {
        const shuffled = createRng(seed).shuffle(Int32Array.from({ length }, (_, i) => i));
        expect([...shuffled].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      }),
    );
  });
});
