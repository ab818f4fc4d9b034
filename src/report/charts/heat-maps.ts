// What the model of a run looked at in some images.

import { readFile } from 'node:fs/promises';
import { imageSizeOf, readImages } from '../../data/set/dataset.ts';
import { loadScoringRuntime } from '../../engine/node/load-runtime.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import { explainImage } from '../../engine/scoring/explain-image.ts';
import { AutoCnnError } from '../../errors.ts';
import type { ImageShape } from '../../genome/image-shape.ts';
import { drawOverlay, WEAKEST_TOP } from '../../search/trained/draw-heat-map.ts';
import type { RunRecords } from '../read-run.ts';

export interface DrawnHeatMap {
  readonly jpeg: Buffer;
  /** Where the pixel is that speaks most for the class, such as `at the top left`. Undefined if no part decides. */
  readonly place: string | undefined;
}

/**
 * Heat maps of test images.
 *
 * @param images  index in the test part, and the class that is explained.
 * @returns in the order of the images. None if the run has no model, or it cannot be run.
 */
export async function heatMapsOf(
  { folder, dataset }: Pick<RunRecords, 'folder' | 'dataset'>,
  images: readonly { readonly index: number; readonly guess: number }[],
): Promise<readonly DrawnHeatMap[]> {
  const drawn: DrawnHeatMap[] = [];
  if (dataset === undefined) return drawn;
  const { test, shape } = dataset;
  let model: DeployedModel | undefined;
  try {
    model = await DeployedModel.load(await loadScoringRuntime(), await readFile(folder.model), folder.model);
    for (const { index, guess } of images) {
      const image = readImages(test, imageSizeOf(shape), index, index + 1);
      const effects = await explainImage(model, image, shape, guess);
      drawn.push({ jpeg: await drawOverlay(image, shape, effects), place: placeOfMost(effects, shape) });
    }
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isMissing && !(error instanceof AutoCnnError)) throw error;
  } finally {
    await model?.release();
  }
  return drawn;
}

function placeOfMost(effects: Float32Array, { height, width }: ImageShape): string | undefined {
  const at = effects.reduce((most, effect, i) => (effect > (effects[most] ?? 0) ? i : most), 0);
  if ((effects[at] ?? 0) < WEAKEST_TOP) return undefined;
  const third = (position: number, size: number): number => Math.floor((3 * position) / size);
  const row = ['top', '', 'bottom'][third(Math.floor(at / width), height)] ?? '';
  const column = ['left', '', 'right'][third(at % width, width)] ?? '';
  const named = [row, column].filter((name) => name !== '').join(' ');
  return named === '' ? 'in the middle' : `at the ${named}`;
}
