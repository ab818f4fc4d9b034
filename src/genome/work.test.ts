import { describe, expect, it } from 'vitest';
import { estimateCost } from './cost.ts';
import { parseGenome } from './text.ts';
import { BYTE_WORK, trainingWork } from './work.ts';

const GREY = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const costOf = (genome: string, problem = GREY) => estimateCost(parseGenome(genome), problem);

const figures = (trainingFlops: number, trainingBytes: number) => ({
  trainingFlops,
  trainingBytes,
  orthogonalFlops: 1,
});

describe('the work of both passes of an image', () => {
  it('counts FLOPs, and what the machine could compute while it waits for memory', () => {
    expect(trainingWork(figures(1e6, 0))).toBe(1e6);
    expect(trainingWork(figures(0, 1000))).toBe(1000 * BYTE_WORK);
    expect(trainingWork(figures(1e6, 1000), { byteWork: 7 })).toBe(1e6 + 7000);
  });

  it('grows with layers, filters and images', () => {
    const growing = [costOf('8-8'), costOf('8-16'), costOf('8-16-16-16')];
    const larger = costOf('8-16-16-16', { input: { channels: 3, height: 32, width: 32 }, classes: 10 });
    const works = [...growing, larger].map((cost) => trainingWork(cost));
    expect(works).toEqual(works.toSorted((a, b) => a - b));
    expect(new Set(works).size).toBe(works.length);
  });
});

describe('the work of training on an image', () => {
  const cost = costOf('16-32');
  const workWith = (name: string, batchSize: number) => trainingWork(cost, { optimizer: { name }, batchSize });

  it('has its share of a step of Muon, which orthogonalises the filters of a batch once', () => {
    // Two products with filters of 16×9, 32×144 and, at the shortcut, 32×1, and 17 of square matrices in between.
    const products = 2 * (9 * 9 * (2 * 16 + 17 * 9) + 32 * 32 * (2 * 144 + 17 * 32) + 1 * (2 * 32 + 17 * 1));
    expect(workWith('muon', 1)).toBe(trainingWork(cost) + products);
    expect(workWith('muon', 100)).toBeCloseTo(trainingWork(cost) + products / 100, 6);
    expect(workWith('adamw', 1)).toBe(trainingWork(cost));
  });
});
