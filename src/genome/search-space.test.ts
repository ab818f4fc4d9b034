import { describe, expect, it } from 'vitest';
import { parseImageShape } from './image-shape.ts';
import {
  checkSearchSpace,
  checkSpaceIsFeasible,
  requireValidGenome,
  type SearchSpace,
  violation,
} from './search-space.ts';
import { parseGenome } from './text.ts';

const mnist = { input: parseImageShape('28x28x1'), classes: 10 };
const space: SearchSpace = { channels: [32, 64, 128], maxDepth: 5 };
const reason = (text: string, limits: Partial<SearchSpace> = {}) =>
  violation(parseGenome(text), { ...space, ...limits }, mnist);

describe('violation', () => {
  it('is undefined for an allowed genome, the empty one included', () => {
    expect(reason('128-64-max-mean-32-32-max')).toBeUndefined();
    expect(reason('')).toBeUndefined();
  });

  it('names depth, filters, vanished layers and limits with their numbers', () => {
    expect(reason('max-max-32-32-32-32-32-32-32-32')).toBe('6 layers exceed the depth of 5 (maxDepth)');
    expect(reason('max-32-256')).toBe('layer 2 (skip 32-256) has 256 filters, allowed are 32, 64, 128 (channels)');
    expect(reason('max-max-max-max-max')).toBe(
      'layer 5 (max pool) would leave no pixel of 1x1; remove a pooling layer or use larger images',
    );
    expect(reason('128-64', { maxParameters: 577_353 })).toBe(
      '577,354 parameters exceed the limit of 577,353 (maxParameters)',
    );
    expect(reason('128-64', { maxFlops: 1e8 })).toBe('118,515,712 FLOPs exceed the limit of 100,000,000 (maxFlops)');
    expect(reason('128-64', { maxActivationBytes: 1e6 })).toBe(
      '2,007,080 bytes of activations per image exceed the limit of 1,000,000 (maxActivationBytes)',
    );
    expect(reason('128-64', { maxWork: 1e6 })).toMatch(
      /^\d+(,\d+)* FLOPs of training work per image exceed the limit of 1,000,000 \(maxWork\)$/,
    );
  });

  it('allows what is exactly at a limit', () => {
    expect(
      reason('128-64', { maxParameters: 577_354, maxFlops: 118_515_712, maxActivationBytes: 2_007_080, maxDepth: 1 }),
    ).toBeUndefined();
  });
});

describe('requireValidGenome', () => {
  it('throws the reason, and passes an allowed genome', () => {
    expect(() => requireValidGenome(parseGenome('16-32'), space, mnist)).toThrow(
      invalidInput(
        'genome "16-32" is outside the search space: layer 1 (skip 16-32) has 16 filters, allowed are 32, 64, 128 (channels)',
      ),
    );
    expect(() => requireValidGenome(parseGenome('32-32'), space, mnist)).not.toThrow();
  });
});

describe('checkSearchSpace', () => {
  it.each<[Partial<SearchSpace>, string]>([
    [{ channels: [] }, 'search space, channels: must list at least one filter count, such as 32, 64, 128; received []'],
    [
      { channels: [32, 48] },
      'search space, channels, entry 2: a filter count is a power of two: use 32 or 64; received 48',
    ],
    [{ channels: [64, 32] }, 'search space, channels: must ascend, each filter count once; received [64,32]'],
    [{ channels: [32, 32] }, 'search space, channels: must ascend, each filter count once; received [32,32]'],
    [
      { channels: [8192] },
      'search space, channels, entry 1: a filter count is a power of two, at most 4096; received 8192',
    ],
    [{ maxDepth: 0 }, 'search space, maxDepth: must be an integer from 1 to 1,000; received 0'],
    [{ maxDepth: Number.NaN }, 'search space, maxDepth: must be an integer from 1 to 1,000; received NaN'],
    [{ maxFlops: 0 }, 'search space, maxFlops: must be a positive number; leave it out for no limit; received 0'],
    [
      { maxParameters: '5' as unknown as number },
      'search space, maxParameters: must be a positive number; leave it out for no limit; received "5"',
    ],
  ])('refuses %j', (part, message) => {
    expect(() => checkSearchSpace({ ...space, ...part })).toThrow(invalidInput(message));
  });

  it('accepts a search space with limits', () => {
    expect(() => checkSearchSpace({ ...space, maxParameters: 1e6, maxFlops: 1e9 })).not.toThrow();
  });
});

describe('checkSpaceIsFeasible', () => {
  it('names the limit that nothing meets, and the smallest value that something does', () => {
    const tiny = { channels: [32], maxDepth: 1, maxParameters: 1000 };
    expect(() => checkSpaceIsFeasible(tiny, mnist)).toThrow(
      invalidInput(
        'no network fits maxParameters 1,000: the smallest, "max", has 1,970 parameters; raise maxParameters to 1,970 or more, or use smaller images',
      ),
    );
    expect(() => checkSpaceIsFeasible({ ...tiny, maxParameters: 1970 }, mnist)).not.toThrow();
  });

  it('takes into account that further pooling layers make a network smaller', () => {
    expect(() => checkSpaceIsFeasible({ channels: [32], maxDepth: 2, maxParameters: 1000 }, mnist)).not.toThrow();
  });

  it('takes into account that a skip layer can reduce the channels of the image', () => {
    const deep = { input: parseImageShape('28x28x64'), classes: 10 };
    expect(() => checkSpaceIsFeasible({ channels: [1], maxDepth: 2, maxParameters: 3000 }, deep)).not.toThrow();
  });

  it('accepts images too small to be pooled', () => {
    expect(() => checkSpaceIsFeasible(space, { input: parseImageShape('1x1x1'), classes: 2 })).not.toThrow();
  });

  it('names limits that can be met one by one but not together', () => {
    // The skip layer needs few parameters and many FLOPs, the pooling layer the other way round.
    const limits = { channels: [1], maxDepth: 1, maxParameters: 15_000, maxFlops: 500_000 };
    const wide = { input: parseImageShape('28x28x64'), classes: 10 };
    expect(() => checkSpaceIsFeasible(limits, wide)).toThrow(
      'no network fits maxParameters and maxFlops at the same time; raise one of them',
    );
  });
});

function invalidInput(message: string): unknown {
  return expect.objectContaining({ code: 'INVALID_INPUT', message });
}
