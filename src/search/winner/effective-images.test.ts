import { describe, expect, it } from 'vitest';
import { createRng } from '../../random/rng.ts';
import { effectiveImages } from './effective-images.ts';

describe('effectiveImages', () => {
  it('is the number of images where every image counts alike, and where all classes are as large', () => {
    expect(effectiveImages('accuracy', 1000, [900, 100])).toBe(1000);
    expect(effectiveImages('balanced-accuracy', 1000, [500, 500])).toBe(1000);
    expect(effectiveImages('macro-f1', 90, [20, 0, 20])).toBe(90);
  });

  it('gives the standard error of balanced accuracy that repeated samples have', () => {
    const [counts, recall] = [[360, 40], 0.7];
    const rng = createRng('effective images');
    const samples = Array.from({ length: 4000 }, () => {
      const recalls = counts.map((count) => {
        let right = 0;
        for (let image = 0; image < count; image++) if (rng.uniform() < recall) right++;
        return right / count;
      });
      return recalls.reduce((sum, each) => sum + each, 0) / counts.length;
    });
    const mean = samples.reduce((sum, each) => sum + each, 0) / samples.length;
    const variance = samples.reduce((sum, each) => sum + (each - mean) ** 2, 0) / samples.length;
    const expected = (recall * (1 - recall)) / effectiveImages('balanced-accuracy', 400, counts);
    expect(variance / expected).toBeGreaterThan(0.9);
    expect(variance / expected).toBeLessThan(1.1);
  });
});
