import { describe, expect, it } from 'vitest';
import { randomExamples } from '../../../test/support/data-fixtures.ts';
import { channelStatistics } from './statistics.ts';

describe('channelStatistics', () => {
  it('gives mean and population standard deviation of each channel', () => {
    const pixels = Uint8Array.of(0, 2, 10, 10, 4, 6, 10, 10, 255, 255, 255, 255);
    const examples = { count: 3, pixels, labels: new Int32Array(3) };
    const { mean, std } = channelStatistics(examples, [0, 1], { channels: 2, height: 1, width: 2 });
    expect(mean).toEqual([3, 10]);
    expect(std).toEqual([Math.sqrt(5), 1]);
  });

  it('looks at the given examples only, in any order', () => {
    const shape = { channels: 3, height: 4, width: 5 };
    const examples = randomExamples(20, shape, 2);
    const some = channelStatistics(examples, [3, 1, 7], shape);
    expect(channelStatistics(examples, [7, 3, 1], shape)).toEqual(some);
    expect(channelStatistics(examples, [3, 1, 8], shape)).not.toEqual(some);
  });

  it('refuses no examples and examples that do not exist', () => {
    const shape = { channels: 1, height: 1, width: 1 };
    const examples = randomExamples(2, shape, 2);
    expect(() => channelStatistics(examples, [], shape)).toThrow(
      'channelStatistics needs at least one example, got none.',
    );
    expect(() => channelStatistics(examples, [2], shape)).toThrow('channelStatistics: example 2 is outside 0..1.');
  });
});
