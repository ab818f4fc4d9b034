import { describe, expect, it } from 'vitest';
import type { FinalEntry } from './journal-entry.ts';
import { bestRepeat, describeRepeats } from './repeats.ts';

describe('bestRepeat', () => {
  it('takes the lowest training loss of the last epoch, the first of equals', () => {
    const entries = [entryOf('a', 0.1, 0.5), entryOf('b', 0.9, 0.3), entryOf('c', 0.2, 0.3), entryOf('d', 0.2, 0.4)];
    expect(bestRepeat(entries)?.id).toBe('b');
    expect(bestRepeat([])).toBeUndefined();
  });
});

describe('describeRepeats', () => {
  it('gives mean, standard deviation of the sample, and best', () => {
    const { mean, std, ...rest } = describeRepeats([0.5, 0.75, 1]) ?? { mean: 0, std: 0 };
    expect(mean).toBeCloseTo(0.75);
    expect(std).toBeCloseTo(0.25);
    expect(rest).toEqual({ accuracies: [0.5, 0.75, 1], best: 1 });
  });

  it('says nothing of one', () => {
    expect(describeRepeats([0.5])).toBeUndefined();
  });
});

function entryOf(id: string, ...losses: readonly number[]): FinalEntry {
  const history = losses.map((loss, i) => ({ epoch: i + 1, loss, accuracy: 0.5 }));
  const cost = { parameters: 1, flops: 1, seconds: 1, elapsedSeconds: 1 };
  return { type: 'final', id, genome: 'max', history, bestEpoch: losses.length, ...cost };
}
