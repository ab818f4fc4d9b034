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
 * Mean and standard deviation of each channel over the given examples only: those that are trained on. Computed from
 * exact histograms, so the order of `indices` does not matter.
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
  const mean: number[] = [];
  const std: number[] = [];
  for (let channel = 0; channel < shape.channels; channel++) {
    const histogram = new Float64Array(256);
    for (let i = 0; i < indices.length; i++) {
      const start = (indices[i] ?? -1) * imageSize + channel * planeSize;
      const plane = examples.pixels.subarray(start, start + planeSize);
      if (start < 0 || plane.length !== planeSize) {
        throw new ShapeError(`channelStatistics: example ${indices[i]} is outside 0..${examples.count - 1}.`);
      }
      for (const value of plane) histogram[value] = (histogram[value] ?? 0) + 1;
    }
    const moments = momentsOf(histogram, indices.length * planeSize);
    mean.push(moments.mean);
    std.push(moments.std === 0 ? 1 : moments.std);
  }
  return { mean, std };
}

function momentsOf(histogram: Float64Array, count: number): { mean: number; std: number } {
  let sum = 0;
  for (const [value, times] of histogram.entries()) sum += value * times;
  const mean = sum / count;
  let squares = 0;
  for (const [value, times] of histogram.entries()) squares += (value - mean) ** 2 * times;
  return { mean, std: Math.sqrt(squares / count) };
}
