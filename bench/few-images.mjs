// What do the few images of a beginner give, now and in another version, with the search and without?
// node bench/few-images.mjs --cifar FOLDER --out FOLDER [--per-class 20,100,500] [--work 6.6e13] [--seeds 1,2,3,4,5]
//   [--arms search,no-search,before] [--before CHECKOUT]
// FOLDER has train/CLASS/ and test/CLASS/. A run gets a folder with so many images of each class, drawn by its seed from
// the training images, and nothing else: it splits off its own test part, and states an interval for the accuracy on it.
// Its model is then scored on all of test/. All runs take the same work. What is done is in FOLDER/results.json, so the
// same command goes on after an interruption. See README.md.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { createRng } from '../dist/index.js';
import { percent } from '../dist/text/figures.js';
import { autoCnn, finishedRun, HERE } from './support/auto-cnn.mjs';
import { drawImages } from './support/draw-images.mjs';
import { commitOf } from './support/provenance.mjs';
import { openResults } from './support/results-file.mjs';

const { values } = parseArgs({
  options: {
    cifar: { type: 'string' },
    out: { type: 'string' },
    before: { type: 'string' },
    'per-class': { type: 'string', default: '20,100,500' },
    work: { type: 'string', default: '6.6e13' },
    seeds: { type: 'string', default: '1,2,3,4,5' },
    arms: { type: 'string', default: 'search,no-search,before' },
  },
});
if (values.cifar === undefined || values.out === undefined) {
  throw new Error('--cifar FOLDER and --out FOLDER are needed; see bench/README.md');
}
const numbers = (text) => text.split(',').map(Number);
const arms = values.arms.split(',');
if (arms.includes('before') && values.before === undefined) {
  throw new Error(
    '--before CHECKOUT is needed, the folder of another version that is built; or leave before out of --arms',
  );
}
const { results, has, add } = openResults(values.out);
const classes = readdirSync(join(values.cifar, 'train'));

for (const seed of numbers(values.seeds)) {
  for (const perClass of numbers(values['per-class'])) {
    const counts = Object.fromEntries(classes.map((label) => [label, perClass]));
    const folder = join(values.out, `data-${perClass}-${seed}`);
    const data = drawImages(join(values.cifar, 'train'), folder, counts, createRng(`few images ${seed}`));
    for (const arm of arms) {
      if (has({ perClass, seed, arm })) continue;
      add({ perClass, seed, arm, ...runArm(arm, perClass, seed, data) });
    }
  }
}
console.log(`\n${table()}`);

function runArm(arm, perClass, seed, data) {
  const version = arm === 'before' ? values.before : HERE;
  const run = join(values.out, `${arm}-${perClass}-${seed}`);
  const command = arm === 'no-search' ? ['train', 'auto'] : ['search'];
  const args = [...command, data, '--budget', `${values.work}flops`, '--seed', String(seed)];
  const summary = finishedRun(run, args, version);
  const { testAccuracy: own, testInterval: interval, genome, evaluations, parameters } = summary;
  const { accuracy } = autoCnn(['evaluate', join(run, 'model.onnx'), join(values.cifar, 'test')], version);
  return { accuracy, own, interval, genome, evaluations, parameters, commit: commitOf('src', version) };
}

function table() {
  const rows = numbers(values['per-class']).flatMap((perClass) =>
    arms.map((arm) => {
      const runs = results.filter((each) => each.perClass === perClass && each.arm === arm);
      const stated = runs.filter(({ interval }) => interval !== undefined);
      const held = stated.filter(({ accuracy, interval: [low, high] }) => low <= accuracy && accuracy <= high).length;
      const accuracies = runs.map(({ accuracy }) => accuracy);
      const all = accuracies.map((each) => percent(each)).join(', ');
      return `| ${perClass} | ${arm} | ${percent(median(accuracies))} | ${all} | ${held} of ${stated.length} |`;
    }),
  );
  return ['| images a class | arm | median | all seeds | intervals hold |', '|---:|---|---:|---|---|', ...rows].join(
    '\n',
  );
}
