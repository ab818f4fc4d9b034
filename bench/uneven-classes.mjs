// What do uneven classes cost, with the weights and the metric that a run chooses for them, and in another version?
// node bench/uneven-classes.mjs --data FOLDER --out FOLDER --before CHECKOUT [--most 5000] [--ratio 100] [--work 1.3e13]
//   [--seeds 1,2,3,4,5] [--arms now,unweighted,before]
// FOLDER has train/CLASS/ and test/CLASS/. Of the first class, `most` images are drawn by the seed, of the last one a
// `ratio`-th of it, and of those between a geometric series. All runs take the same work, and each model is scored once on
// all of test/: balanced accuracy is the mean recall. What is done is in FOLDER/results.json, so the same command goes on
// after an interruption.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { power } from '../dist/arithmetic/power.js';
import { createRng } from '../dist/index.js';
import { percent } from '../dist/text/figures.js';
import { autoCnn, finishedRun, HERE } from './support/auto-cnn.mjs';
import { drawImages } from './support/draw-images.mjs';
import { commitOf } from './support/provenance.mjs';
import { openResults } from './support/results-file.mjs';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    before: { type: 'string' },
    most: { type: 'string', default: '5000' },
    ratio: { type: 'string', default: '100' },
    work: { type: 'string', default: '1.3e13' },
    seeds: { type: 'string', default: '1,2,3,4,5' },
    arms: { type: 'string', default: 'now,unweighted,before' },
  },
});
const arms = values.arms.split(',');
if (values.data === undefined || values.out === undefined || (arms.includes('before') && values.before === undefined)) {
  throw new Error('--data FOLDER, --out FOLDER and --before CHECKOUT are needed; see bench/README.md');
}
const { results, has, add } = openResults(values.out);
const train = join(values.data, 'train');
const labels = readdirSync(train).sort();
const counts = Object.fromEntries(
  labels.map((label, i) => [
    label,
    Math.round(Number(values.most) * power(Number(values.ratio), -i / (labels.length - 1))),
  ]),
);

for (const seed of values.seeds.split(',').map(Number)) {
  const data = drawImages(train, join(values.out, `data-${seed}`), counts, createRng(`uneven classes ${seed}`));
  for (const arm of arms) {
    if (has({ seed, arm })) continue;
    const version = arm === 'before' ? values.before : HERE;
    const run = join(values.out, `${arm}-${seed}`);
    const flags = ['--budget', `${values.work}flops`, '--seed', String(seed)];
    const unweighted = arm === 'unweighted' ? ['--class-weights', 'none'] : [];
    finishedRun(run, ['search', data, ...flags, ...unweighted], version);
    const { accuracy, macro, classes } = autoCnn(['evaluate', join(run, 'model.onnx'), join(values.data, 'test')]);
    const rarest = classes.find(({ name }) => name === labels.at(-1)).recall;
    add({ seed, arm, balanced: macro.recall, accuracy, rarest, commit: commitOf('src', version) });
  }
}
console.log(`\n${table()}`);

function table() {
  const rows = arms.map((arm) => {
    const of = (key) => results.filter((each) => each.arm === arm).map((each) => each[key]);
    const all = of('balanced').map((each) => percent(each));
    return `| ${arm} | ${percent(median(of('balanced')))} | ${all.join(', ')} | ${percent(median(of('rarest')))} |`;
  });
  const head = [
    '| arm | median balanced accuracy | all seeds | median recall of the rarest class |',
    '|---|---:|---|---:|',
  ];
  return [...head, ...rows].join('\n');
}
