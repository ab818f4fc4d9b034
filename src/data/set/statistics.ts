// Per-channel mean and standard deviation, for the normalisation inside the model.

import { ShapeError } from '../../errors.ts';
import { type Examples, type ImageShape, imageSizeOf, readImages } from './dataset.ts';

export interface ChannelStatistics {
  /** `[channels]`, on the scale 0..255. */
  readonly mean: readonly number[];
  /** `[channels]`, population standard deviation on the scale 0..255; 1 where a channel is constant. */
  readonly std: readonly number[];
}

/**
 * Mean and standard deviation of each channel over the given examples only: those that are trained on. The sums are whole
 * numbers and so exact, whatever the order of `indices`.
 *
 * @param examples  pixels `[n, C, H, W]`.
 * @throws {ShapeError} if `indices` is empty or points outside.
 */
export function channelStatistics(
  examples: Examples,
  indices: ArrayLike<number>,
  shape: ImageShape,
): ChannelStatistics {
  if (indices.length === 0) throw new ShapeError('channelStatistics needs at least one example, got none.');
  const imageSize = imageSizeOf(shape);
  const planeSize = shape.height * shape.width;
  const count = indices.length * planeSize;
  const sums = new Float64Array(shape.channels);
  const squareSums = new Float64Array(shape.channels);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] ?? -1;
    if (!(index >= 0 && index < examples.count)) {
      throw new ShapeError(`channelStatistics: example ${index} is outside 0..${examples.count - 1}.`);
    }
    const image = readImages(examples, imageSize, index, index + 1);
    for (let channel = 0; channel < shape.channels; channel++) {
      let sum = 0;
      let squares = 0;
      for (let at = channel * planeSize; at < (channel + 1) * planeSize; at++) {
        const value = image[at] ?? 0;
        sum += value;
        squares += value * value;
      }
      sums[channel] = (sums[channel] ?? 0) + sum;
      squareSums[channel] = (squareSums[channel] ?? 0) + squares;
    }
  }
  return {
    mean: Array.from(sums, (sum) => sum / count),
    std: Array.from(sums, (sum, channel) => standardDeviation(sum, squareSums[channel] ?? 0, count) || 1),
  };
}

/** The difference of the large numbers is taken exactly, so that it is 0 for a constant channel. */
function standardDeviation(sum: number, squares: number, count: number): number {
  const scaled = BigInt(count) * BigInt(squares) - BigInt(sum) * BigInt(sum);
  return Math.sqrt(Number(scaled)) / count;
}
