import { describe, expect, it } from 'vitest';
import { createRng } from '../random/rng.ts';
import { parseImageShape } from './image-shape.ts';
import { randomGenome } from './random-genome.ts';
import { formatGenome } from './text.ts';

const mnist = { input: parseImageShape('28x28x1'), classes: 10 };

describe('randomGenome', () => {
  it('gives these genomes for seed 42, on every machine', () => {
    const rng = createRng(42);
    const genomes = Array.from({ length: 6 }, () => randomGenome(rng, { channels: [8, 16, 32], maxDepth: 5 }, mnist));
    expect(genomes.map(formatGenome)).toMatchInlineSnapshot(`
      [
        "16-8",
        "32-8-max-8-32-max",
        "max-mean-mean",
        "16-8-mean-16-16-max",
        "8-32",
        "8-32-16-8-8-16-16-16",
      ]
    `);
  });

  it('falls back to the cheapest genome where hardly any is allowed', () => {
    // 12 pooling layers in a row, which random drawing meets once in many thousand tries.
    const space = { channels: [4096], maxDepth: 12, maxParameters: 20 };
    const large = { input: parseImageShape('4096x4096x1'), classes: 10 };
    expect(formatGenome(randomGenome(createRng(1), space, large))).toBe(new Array(12).fill('max').join('-'));
  });

  it('says so where none is allowed', () => {
    const space = { channels: [32], maxDepth: 1, maxParameters: 10 };
    expect(() => randomGenome(createRng(1), space, mnist)).toThrow(
      'the search space allows no genome; raise its limits or use smaller images',
    );
  });
});
