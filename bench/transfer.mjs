// What does a network that knows other classes give those who have few images of their own?
// node bench/transfer.mjs --cifar FOLDER --out FOLDER [--per-class 20] [--former-work 3e13] [--seconds 60]
//   [--seeds 1,2,3,4,5]
// FOLDER has train/CLASS/ and test/CLASS/. A run is trained on all images of five classes, for each seed anew. Of the other
// five, the seed draws so many images each: they are searched from nothing, with the former run as a backbone, and starting
// from it in half the time. Each model is scored once on all test images of these classes. Times count, so the machine must
// have nothing else to do. What is done is in FOLDER/results.json, so the same command goes on after an interruption.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { createRng } from '../dist/index.js';
import { percent } from '../dist/text/figures.js';
import { autoCnn, finishedRun } from './support/auto-cnn.mjs';
import { drawImages } from './support/draw-images.mjs';
import { commitOf } from './support/provenance.mjs';
import { openResults } from './support/results-file.mjs';

/** What the former run knows: things and animals, as among the classes that it has not seen. */
const KNOWN = ['airplane', 'bird', 'deer', 'frog', 'ship'];

const { values } = parseArgs({
  options: {
    cifar: { type: 'string' },
    out: { type: 'string' },
    'per-class': { type: 'string', default: '20' },
    'former-work': { type: 'string', default: '3e13' },
    seconds: { type: 'string', default: '60' },
    seeds: { type: 'string', default: '1,2,3,4,5' },
  },
});
if (values.cifar === undefined || values.out === undefined) {
  throw new Error('--cifar FOLDER and --out FOLDER are needed; see bench/README.md');
}
const numbers = (text) => text.split(',').map(Number);
const [seconds, perClasses] = [Number(values.seconds), numbers(values['per-class'])];
const { results, has, add } = openResults(values.out);
const train = join(values.cifar, 'train');
const unknown = readdirSync(train).filter((label) => !KNOWN.includes(label));
const everyImage = (labels) => Object.fromEntries(labels.map((label) => [label, Number.POSITIVE_INFINITY]));
const test = drawImages(join(values.cifar, 'test'), join(values.out, 'test'), everyImage(unknown), createRng('all'));
const known = drawImages(train, join(values.out, 'known'), everyImage(KNOWN), createRng('all'));

for (const seed of numbers(values.seeds)) {
  const former = join(values.out, `former-${seed}`);
  finishedRun(former, ['train', 'auto', known, '--budget', `${values['former-work']}flops`, '--seed', String(seed)]);
  const arms = {
    scratch: ['--budget', `${seconds}s`],
    backbone: ['--budget', `${seconds}s`, '--backbone', join(former, 'model.onnx')],
    'start-from': ['--budget', `${seconds / 2}s`, '--start-from', former],
  };
  for (const perClass of perClasses) {
    const counts = Object.fromEntries(unknown.map((label) => [label, perClass]));
    const data = drawImages(train, join(values.out, `data-${perClass}-${seed}`), counts, createRng(`transfer ${seed}`));
    for (const [arm, flags] of Object.entries(arms)) {
      if (has({ perClass, seed, arm })) continue;
      const run = join(values.out, `${arm}-${perClass}-${seed}`);
      const { genome, seconds: taken } = finishedRun(run, ['search', data, '--seed', String(seed), ...flags]);
      const { accuracy } = autoCnn(['evaluate', join(run, 'model.onnx'), test]);
      add({ perClass, seed, arm, accuracy, genome, seconds: taken, commit: commitOf('src') });
    }
  }
}
console.log(`\n${table()}`);

function table() {
  const rows = perClasses.flatMap((perClass) => {
    const of = (arm) => results.filter((each) => each.arm === arm && each.perClass === perClass);
    const scratch = new Map(of('scratch').map(({ seed, accuracy }) => [seed, accuracy]));
    return ['scratch', 'backbone', 'start-from'].map((arm) => {
      const accuracies = of(arm).map(({ accuracy }) => accuracy);
      const gains = of(arm).map(({ seed, accuracy }) => (100 * (accuracy - scratch.get(seed))).toFixed(2));
      const all = accuracies.map((each) => percent(each)).join(', ');
      return `| ${perClass} | ${arm} | ${percent(median(accuracies))} | ${all} | ${arm === 'scratch' ? '' : gains.join(', ')} |`;
    });
  });
  const head = ['| images a class | arm | median | all seeds | points over scratch |', '|---:|---|---:|---|---|'];
  return [...head, ...rows].join('\n');
}
