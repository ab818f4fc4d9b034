// What a model looks at in an image, found out from its answers alone: parts of the image are hidden at random.

import { type ImageShape, imageSizeOf } from '../../data/set/dataset.ts';
import { createRng, type Rng } from '../../random/rng.ts';
import type { DeployedModel } from './deployed-model.ts';

/** Each pair is a random mask and its opposite, which hides what the mask shows. */
const PAIRS = 200;
/** How often the model looks at an image to explain it. */
export const ANSWERS_PER_MAP = 2 * PAIRS;
/** Cells of a mask in a square image, from side to side. */
const CELLS = 7;
/** Values of the images that the model sees at once. */
const BATCH_VALUES = 2 ** 18;

/**
 * How much each pixel speaks for a class: RISE. About half of the image is hidden at a time behind its mean colour, in soft
 * random patches. The same image, model and runtime give the same bits: the masks depend on the shape alone.
 *
 * @param image  `[C, H, W]`, raw values 0..255.
 * @param label  index of the class.
 * @param signal  checked before each batch; throws its reason when aborted.
 * @returns `[H, W]`: by how much the probability of the class is higher, on average, where the pixel is visible than where it
 *   is hidden; from -1 to 1.
 * @throws {EngineError} if the model takes images of another shape.
 * @see Petsiuk, Das, Saenko 2018, RISE, section 3. Differs from the source: masks come in opposite pairs, the hidden part has
 *   the mean colour instead of black, and the mean over masks that hide the pixel is subtracted.
 */
export async function explainImage(
  model: DeployedModel,
  image: Uint8Array,
  shape: ImageShape,
  label: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const size = imageSizeOf(shape);
  const rng = createRng('masks');
  const ground = meanColour(image, shape);
  const classes = model.metadata.classes.length;
  const sums = new Float64Array(shape.height * shape.width);
  const pairsAtOnce = Math.max(1, Math.floor(BATCH_VALUES / size / 2));
  for (let from = 0; from < PAIRS; from += pairsAtOnce) {
    signal?.throwIfAborted();
    const masks = Array.from({ length: Math.min(pairsAtOnce, PAIRS - from) }, (_, i) =>
      randomMask(rng.fork(from + i), shape),
    );
    const pixels = new Uint8Array(2 * masks.length * size);
    for (const [i, mask] of masks.entries()) {
      hide(image, ground, mask, pixels.subarray(2 * i * size, (2 * i + 1) * size), pixels.subarray((2 * i + 1) * size));
    }
    const { probabilities } = await model.predict(pixels, shape);
    for (const [i, mask] of masks.entries()) {
      const of = (answer: number): number => probabilities[answer * classes + label] ?? 0;
      const difference = of(2 * i) - of(2 * i + 1);
      for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] ?? 0) + (2 * (mask[at] ?? 0) - 1) * difference;
    }
  }
  return Float32Array.from(sums, (sum) => sum / PAIRS);
}

/**
 * A grid of random zeros and ones, shifted at random and interpolated between its points.
 *
 * @returns `[H, W]`, 1 where the image is visible.
 */
function randomMask(rng: Rng, { height, width }: ImageShape): Float32Array {
  const cell = Math.sqrt(height * width) / CELLS;
  const [top, left] = [rng.uniform(), rng.uniform()];
  const rows = Math.ceil(height / cell) + 2;
  const columns = Math.ceil(width / cell) + 2;
  const grid = Uint8Array.from({ length: rows * columns }, () => rng.integer(0, 1));
  const mask = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const down = (y + 0.5) / cell + top;
    const row = Math.floor(down);
    for (let x = 0; x < width; x++) {
      const across = (x + 0.5) / cell + left;
      const column = Math.floor(across);
      const upper = between(grid, row * columns + column, across - column);
      const lower = between(grid, (row + 1) * columns + column, across - column);
      mask[y * width + x] = upper + (lower - upper) * (down - row);
    }
  }
  return mask;
}

function between(values: Uint8Array, index: number, share: number): number {
  const [before = 0, after = 0] = [values[index], values[index + 1]];
  return before + (after - before) * share;
}

/** One value a channel. */
function meanColour(image: Uint8Array, { channels, height, width }: ImageShape): readonly number[] {
  const area = height * width;
  return Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let i = channel * area; i < (channel + 1) * area; i++) sum += image[i] ?? 0;
    return sum / area;
  });
}

/** Writes the image behind a mask and behind its opposite. */
function hide(
  image: Uint8Array,
  ground: readonly number[],
  mask: Float32Array,
  shown: Uint8Array,
  opposite: Uint8Array,
): void {
  for (const [channel, colour] of ground.entries()) {
    for (let i = 0; i < mask.length; i++) {
      const at = channel * mask.length + i;
      const contrast = (image[at] ?? 0) - colour;
      const visible = (mask[i] ?? 0) * contrast;
      shown[at] = Math.round(colour + visible);
      opposite[at] = Math.round(colour + contrast - visible);
    }
  }
}
