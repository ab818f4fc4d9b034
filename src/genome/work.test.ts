import { describe, expect, it } from 'vitest';
import { estimateCost } from './cost.ts';
import { parseGenome } from './text.ts';
import { scoringWork, trainingWork } from './work.ts';

const GREY = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const costOf = (genome: string, problem = GREY) => estimateCost(parseGenome(genome), problem);

describe('the work of training on an image', () => {
  it('counts each FLOP three times, and memory on top', () => {
    expect(trainingWork({ flops: 1e6, paddedActivationBytes: 0 })).toBe(3e6);
    expect(trainingWork({ flops: 0, paddedActivationBytes: 1000 })).toBeGreaterThan(3000);
    expect(trainingWork({ flops: 1e6, paddedActivationBytes: 1000 })).toBe(
      3e6 + trainingWork({ flops: 0, paddedActivationBytes: 1000 }),
    );
  });

  it('is three times that of scoring it', () => {
    const cost = costOf('16-16-max-32-32');
    expect(3 * scoringWork(cost)).toBeCloseTo(trainingWork(cost));
  });

  it('grows with layers, filters and images', () => {
    const growing = [costOf('8-8'), costOf('8-16'), costOf('8-16-16-16')];
    const larger = costOf('8-16-16-16', { input: { channels: 3, height: 32, width: 32 }, classes: 10 });
    const works = [...growing, larger].map(trainingWork);
    expect(works).toEqual(works.toSorted((a, b) => a - b));
    expect(new Set(works).size).toBe(works.length);
  });
});
