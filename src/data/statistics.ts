// Per-channel mean and standard deviation, for the normalisation inside the model.

import { ShapeError } from '../errors.ts';
import { type Examples, type ImageShape, imageSizeOf } from './dataset.ts';

export interface ChannelStatistics {
  /** `[channels]`, on the scale 0..255. */
  readonly mean: readonly number[];
  /** `[channels]`, population standard deviation on the scale 0..255; 1 where a channel is constant. */
  readonly std: readonly number[];
}

/**
 * Mean and standard deviation of each channel over the given examples only: those that are trained on. Computed in whole
 * numbers, so exact, and the order of `indices` does not matter.
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
  const mean: number[] = [];
  const std: number[] = [];
  for (let channel = 0; channel < shape.channels; channel++) {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i] ?? -1;
      if (!(index >= 0 && index < examples.count)) {
        throw new ShapeError(`channelStatistics: example ${index} is outside 0..${examples.count - 1}.`);
      }
      const start = index * imageSize + channel * planeSize;
      const end = start + planeSize;
      for (let at = start; at < end; at++) {
        const value = examples.pixels[at] ?? 0;
        sum += value;
        squares += value * value;
      }
    }
    mean.push(sum / count);
    std.push(standardDeviation(sum, squares, count) || 1);
  }
  return { mean, std };
}

/** The difference of the large numbers is taken exactly, so that it is 0 for a constant channel. */
function standardDeviation(sum: number, squares: number, count: number): number {
  const scaled = BigInt(count) * BigInt(squares) - BigInt(sum) ** 2n;
  return Math.sqrt(Number(scaled)) / count;
}
