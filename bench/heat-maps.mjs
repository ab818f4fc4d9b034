// Whether heat maps find what a model looks at: deletion and insertion (Petsiuk, Das, Saenko 2018) on test images of a run.
// node bench/heat-maps.mjs RUN [--images 40]. See README.md.

import { parseArgs } from 'node:util';
import { imageSizeOf, readImages } from '../dist/data/set/dataset.js';
import { explainImage } from '../dist/engine/scoring/explain-image.js';
import { createRng } from '../dist/index.js';
import { DeployedModel, loadRuntime, openRunFolder } from '../dist/internal.js';
import { dataOfRun } from '../dist/search/run/run-data.js';
import { readModelFile } from '../dist/search/trained/model-file.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { images: { type: 'string', default: '40' } },
});
const [run] = positionals;
if (run === undefined) throw new Error('give the folder of a finished run; see bench/README.md');
const STEPS = 24;

const { test, shape } = await dataOfRun(openRunFolder(run).config);
const { bytes, path } = await readModelFile(run);
const model = await DeployedModel.load(await loadRuntime(), bytes, path);
const size = imageSizeOf(shape);
const area = shape.height * shape.width;

/** Each gives a value for every pixel, the larger the sooner it is deleted or inserted. */
const METHODS = {
  'RISE, 400 answers': (image, label) => explainImage(model, image, shape, label),
  occlusion: occlude,
  'centre first': () => byPlace((y, x) => -Math.hypot(y - shape.height / 2, x - shape.width / 2)),
  random: (_image, _label, index) => {
    const rng = createRng('random order').fork(index);
    return Float64Array.from({ length: area }, () => rng.uniform());
  },
};

const names = Object.keys(METHODS);
const scores = names.map(() => ({ deletion: [], insertion: [], seconds: 0 }));
for (let index = 0; index < Number(values.images); index++) {
  const image = Uint8Array.from(readImages(test, size, index, index + 1));
  const { labels } = await model.predict(image, shape);
  const hidden = filledWithMean(image);
  for (const [i, name] of names.entries()) {
    const began = performance.now();
    const map = await METHODS[name](image, labels[0], index);
    scores[i].seconds += (performance.now() - began) / 1000;
    scores[i].deletion.push(await areaUnder(map, image, hidden, labels[0]));
    scores[i].insertion.push(await areaUnder(map, hidden, image, labels[0]));
  }
}
console.log(
  `| method | deletion (less is better) | insertion (more is better) | seconds an image |\n|---|---:|---:|---:|`,
);
for (const [i, name] of names.entries()) {
  const { deletion, insertion, seconds } = scores[i];
  console.log(
    `| ${name} | ${described(deletion)} | ${described(insertion)} | ${(seconds / deletion.length).toFixed(2)} |`,
  );
}
process.exit(0);

/** Mean probability of a class while pixels of `from` become those of `to`, in the order of a map. */
async function areaUnder(map, from, to, label) {
  const order = [...map.keys()].sort((a, b) => map[b] - map[a]);
  const image = Uint8Array.from(from);
  const stages = [Uint8Array.from(image)];
  for (let step = 0, at = 0; step < STEPS; step++) {
    for (; at < Math.round((area * (step + 1)) / STEPS); at++) {
      for (let pixel = order[at]; pixel < size; pixel += area) image[pixel] = to[pixel];
    }
    stages.push(Uint8Array.from(image));
  }
  const curve = await probabilitiesOf(stages, label);
  return curve.reduce((sum, p, i) => sum + p * (i === 0 || i === STEPS ? 0.5 : 1), 0) / STEPS;
}

/** Zeiler and Fergus 2014: a window of a quarter of the image, moved by half of itself; the mean drop of each pixel's windows. */
async function occlude(image, label) {
  const step = Math.max(1, Math.round(Math.max(shape.height, shape.width) / 8));
  const hidden = filledWithMean(image);
  const windows = [];
  for (let top = -step; top < shape.height; top += step) {
    for (let left = -step; left < shape.width; left += step) windows.push({ top, left });
  }
  const isIn = ({ top, left }, y, x) => y >= top && y < top + 2 * step && x >= left && x < left + 2 * step;
  const occluded = windows.map((window) =>
    image.map((value, i) => {
      const [y, x] = [Math.floor((i % area) / shape.width), i % shape.width];
      return isIn(window, y, x) ? hidden[i] : value;
    }),
  );
  const [whole, ...others] = await probabilitiesOf([image, ...occluded], label);
  return byPlace((y, x) => {
    const drops = windows.flatMap((window, i) => (isIn(window, y, x) ? [whole - others[i]] : []));
    return drops.reduce((sum, drop) => sum + drop, 0) / drops.length;
  });
}

async function probabilitiesOf(images, label) {
  const pixels = new Uint8Array(images.length * size);
  for (const [i, image] of images.entries()) pixels.set(image, i * size);
  const { probabilities } = await model.predict(pixels, shape);
  return images.map((_, i) => probabilities[i * model.metadata.classes.length + label]);
}

function filledWithMean(image) {
  const filled = Uint8Array.from(image);
  for (let from = 0; from < size; from += area) {
    const mean = image.subarray(from, from + area).reduce((sum, value) => sum + value, 0) / area;
    filled.fill(Math.round(mean), from, from + area);
  }
  return filled;
}

function byPlace(value) {
  return Float64Array.from({ length: area }, (_, i) => value(Math.floor(i / shape.width), i % shape.width));
}

function described(numbers) {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (numbers.length - 1);
  return `${mean.toFixed(3)} ± ${Math.sqrt(variance / numbers.length).toFixed(3)}`;
}
