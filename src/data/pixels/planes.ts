// Images as planes: one plane if all channels are equal, otherwise red, green and blue.

import type { ExamplesInMemory, ImageShape } from '../set/dataset.ts';
import type { ColourMode } from '../set/source.ts';

/**
 * Splits interleaved pixels into planes; one plane if the image is grey.
 *
 * @param interleaved  `[height, width, channels]`, channels 1 or 3.
 * @returns `[1, height, width]` or `[3, height, width]`.
 */
export function toPlanes(interleaved: Uint8Array, channels: number): Uint8Array {
  if (channels === 1) return Uint8Array.from(interleaved);
  const planeSize = interleaved.length / channels;
  const planes = new Uint8Array(interleaved.length);
  for (let i = 0; i < planeSize; i++) {
    for (let channel = 0; channel < channels; channel++) {
      planes[channel * planeSize + i] = interleaved[i * channels + channel] ?? 0;
    }
  }
  return dropEqualPlanes(planes, planeSize);
}

/**
 * Joins planes to interleaved pixels, as image encoders take them.
 *
 * @param planes  `[channels, height, width]`.
 * @returns `[height, width, channels]`.
 */
export function toInterleaved(planes: Uint8Array, channels: number): Uint8Array {
  const planeSize = planes.length / channels;
  const interleaved = new Uint8Array(planes.length);
  for (let i = 0; i < planes.length; i++) {
    interleaved[(i % planeSize) * channels + Math.floor(i / planeSize)] = planes[i] ?? 0;
  }
  return interleaved;
}

/** Keeps the first of three planes if all are equal. */
export function dropEqualPlanes(planes: Uint8Array, planeSize: number): Uint8Array {
  for (let i = 0; i < planes.length - planeSize; i++) {
    if (planes[i] !== planes[i + planeSize]) return planes;
  }
  return planes.slice(0, planeSize);
}

/** The number of channels: of the colour mode asked for, or else 1 if every image has one plane. */
export function chooseChannels(allGrey: boolean, asked?: ColourMode): number {
  return (asked === undefined ? allGrey : asked === 'grey') ? 1 : 3;
}

/**
 * Joins images, each of one or three planes, to examples of one shape. Grey becomes colour by repetition, colour becomes
 * grey by the luma weights of ITU-R BT.601, rounded; both keep a grey image's values exactly.
 */
export function joinImages(
  images: readonly Uint8Array[],
  labels: ArrayLike<number>,
  shape: ImageShape,
): ExamplesInMemory {
  const planeSize = shape.height * shape.width;
  const imageSize = planeSize * shape.channels;
  const pixels = new Uint8Array(images.length * imageSize);
  for (const [i, image] of images.entries()) {
    const target = pixels.subarray(i * imageSize, (i + 1) * imageSize);
    if (image.length === imageSize) target.set(image);
    else if (shape.channels === 1) writeLuma(image, target);
    else for (let channel = 0; channel < shape.channels; channel++) target.set(image, channel * planeSize);
  }
  return { count: images.length, pixels, labels: Int32Array.from(labels) };
}

function writeLuma(planes: Uint8Array, target: Uint8Array): void {
  const size = target.length;
  for (let i = 0; i < size; i++) {
    const [red = 0, green = 0, blue = 0] = [planes[i], planes[size + i], planes[2 * size + i]];
    target[i] = Math.floor((299 * red + 587 * green + 114 * blue + 500) / 1000);
  }
}
