// The size of the images that a network reads.

import { InvalidInputError } from '../errors.ts';

/** Channels, and height and width in pixels: positive integers. */
export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

const MAX_SIDE = 65_536;

/**
 * Reads `HEIGHTxWIDTHxCHANNELS`, such as `28x28x1`; `28x28` is grey (one channel).
 *
 * @throws {InvalidInputError} if the text has another form or a number is not in 1..65,536.
 */
export function parseImageShape(text: string): ImageShape {
  const match = /^(\d{1,9})[x×](\d{1,9})(?:[x×](\d{1,9}))?$/i.exec(String(text).trim());
  if (match === null) {
    throw new InvalidInputError(
      `an image shape is HEIGHTxWIDTHxCHANNELS, such as 28x28x1 or 32x32x3, received ${JSON.stringify(String(text).slice(0, 60))}`,
      { details: { text } },
    );
  }
  const [, height, width, channels = '1'] = match;
  const shape = { channels: Number(channels), height: Number(height), width: Number(width) };
  requireImageShape(shape);
  return shape;
}

/** `28x28x1`: height, width, channels. */
export function formatImageShape({ channels, height, width }: ImageShape): string {
  return `${height}x${width}x${channels}`;
}

/** @throws {InvalidInputError} if a number is not an integer in 1..65,536. */
export function requireImageShape(shape: ImageShape): void {
  for (const key of ['height', 'width', 'channels'] as const) {
    const value: unknown = shape[key];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_SIDE) {
      throw new InvalidInputError(
        `image ${key} must be an integer from 1 to ${MAX_SIDE.toLocaleString('en-US')}, received ${String(value)}`,
        { details: { ...shape } },
      );
    }
  }
}
