// The data of a comparison: only training images, some of which are held out to score the results of the methods.

import { buildDataset } from '../../dist/data/build/build-dataset.js';
import { imageSizeOf, selectExamples } from '../../dist/data/set/dataset.js';
import { stratifiedSample } from '../../dist/data/set/split.js';
import { createRng, loadDataset } from '../../dist/index.js';

/**
 * Loads the data of a comparison. It does not contain the test images of the source: its test part is the scoring part, a
 * stratified sample of the training images, the same for all arms and seeds.
 *
 * @param source   as for `loadDataset`.
 * @param images   number of images that methods may train and validate on. Default: all others.
 * @param scoring  number of images in the scoring part.
 */
export async function loadComparison(source, images, scoring) {
  const { name, shape, classes, train } = await loadDataset(source);
  const all = Int32Array.from(train.labels.keys());
  const draw = (from, count, purpose) => {
    const labels = from.map((index) => train.labels[index]);
    const positions = stratifiedSample(labels, classes.length, count, createRng('comparison').fork(purpose), purpose);
    return positions.map((position) => from[position]);
  };
  const held = draw(all, scoring, 'scoring images');
  const isHeld = new Set(held);
  const others = all.filter((index) => !isHeld.has(index));
  const part = (indices) => selectExamples(train, imageSizeOf(shape), indices);
  const kept = images === undefined ? others : draw(others, images, 'training images');
  return buildDataset({ name, shape, classes, train: part(kept), test: part(held), notes: [] });
}
