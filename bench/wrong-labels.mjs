// How many wrong labels does `auto-cnn suspects` find, and what does mending them give back?
// node bench/wrong-labels.mjs --data FOLDER --out FOLDER [--images 20000] [--share 0.05] [--work 3e13] [--seeds 1,2,3]
// FOLDER has train/CLASS/ and test/CLASS/. Of its first images of each class, a share gets another label, drawn from the
// seed. All trainings take the same work; test images are scored once by each. What is done is in FOLDER/results.json, so
// the same command goes on after an interruption. See README.md.

import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { createRng } from '../dist/index.js';
import { percent } from '../dist/text/figures.js';
import { autoCnn, finishedRun } from './support/auto-cnn.mjs';
import { commitOf } from './support/provenance.mjs';
import { openResults } from './support/results-file.mjs';

/** Somebody looks at this share of the images, the most suspect first. */
const LOOKED_AT = 0.07;
/** Trainings of `suspects`, which share the images and have the work of one training each. */
const FOLDS = 5;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    images: { type: 'string', default: '20000' },
    share: { type: 'string', default: '0.05' },
    work: { type: 'string', default: '3e13' },
    seeds: { type: 'string', default: '1,2,3' },
  },
});
if (values.data === undefined || values.out === undefined) {
  throw new Error('--data FOLDER and --out FOLDER are needed; see bench/README.md');
}
const { results, has, add } = openResults(values.out);

for (const seed of values.seeds.split(',').map(Number)) {
  const { folder, changed } = writeData(seed);
  const noisy = train('noisy', seed, folder);
  const ranking = rank(noisy.run);
  const looked = ranking.slice(0, Math.round(LOOKED_AT * ranking.length));
  const isChanged = ({ file }) => changed.has(file);
  const taken = ranking.filter(({ isWrong }) => isWrong === '1');
  record({
    ...{ seed, arm: 'suspects', changed: changed.size },
    found: looked.filter(isChanged).length / changed.size,
    taken: taken.length,
    takenRightly: taken.filter(isChanged).length / taken.length,
  });
  record({ seed, arm: 'noisy', accuracy: noisy.accuracy });
  const mend = ([file, label]) => `${file},relabel,${label}`;
  const arms = {
    // What the wrong labels cost in all.
    clean: [...changed].map(mend),
    // Somebody looks at the most suspect images, and mends those whose label is wrong.
    mended: looked.filter(isChanged).map(({ file }) => mend([file, changed.get(file)])),
    // Nobody looks: what confident learning takes for wrong is dropped.
    dropped: taken.map(({ file }) => `${file},drop,`),
  };
  for (const [arm, corrections] of Object.entries(arms)) {
    const labels = join(folder, `../${arm}-${seed}.csv`);
    writeFileSync(labels, ['image,decision,label', ...corrections, ''].join('\n'));
    record({ seed, arm, accuracy: train(arm, seed, folder, '--labels', labels).accuracy });
  }
}
console.log(`\n${table()}`);

/** @returns the folder, and the true label of each image whose label was changed, by its file. */
function writeData(seed) {
  const folder = join(values.out, `data-${seed}`);
  const classes = readdirSync(join(values.data, 'train')).sort();
  const perClass = Number(values.images) / classes.length;
  const files = classes.flatMap((label) =>
    readdirSync(join(values.data, 'train', label))
      .sort()
      .slice(0, perClass)
      .map((name) => ({ label, name })),
  );
  const rng = createRng(`wrong labels ${seed}`);
  const drawn = new Set(rng.shuffle(files).slice(0, Math.round(Number(values.share) * files.length)));
  const isWritten = existsSync(join(folder, 'test'));
  const changed = new Map();
  for (const file of files) {
    const { label, name } = file;
    const given = drawn.has(file) ? rng.pick(classes.filter((other) => other !== label)) : label;
    const place = `train/${given}/${label}-${name}`;
    if (given !== label) changed.set(place, label);
    if (!isWritten) cpSync(join(values.data, 'train', label, name), join(folder, place));
  }
  // Last, so that it says that all is there.
  if (!isWritten) cpSync(join(values.data, 'test'), join(folder, 'test'), { recursive: true });
  return { folder, changed };
}

function train(arm, seed, folder, ...flags) {
  const run = join(values.out, `${arm}-${seed}`);
  const args = ['train', 'auto', folder, '--budget', `${values.work}flops`, '--seed', String(seed), ...flags];
  return { run, accuracy: finishedRun(run, args).testAccuracy };
}

/** @returns a record for each training image, the most suspect first. */
function rank(run) {
  const path = `${run}.csv`;
  if (!existsSync(path)) {
    const budget = `${FOLDS * Number(values.work)}flops`;
    autoCnn(['suspects', run, '--folds', String(FOLDS), '--budget', budget, '--csv', path]);
  }
  const [header, ...rows] = readFileSync(path, 'utf8').trimEnd().split('\n');
  const keys = header.split(',');
  return rows.map((row) => Object.fromEntries(row.split(',').map((cell, i) => [keys[i], cell])));
}

function record(result) {
  if (has({ seed: result.seed, arm: result.arm })) return;
  add({ ...result, commit: commitOf('src') });
}

function table() {
  const of = (arm) => results.filter((result) => result.arm === arm);
  const rows = ['noisy', 'mended', 'dropped', 'clean'].map((arm) => {
    const accuracies = of(arm).map(({ accuracy }) => accuracy);
    return `| ${arm} | ${percent(median(accuracies))} | ${accuracies.map((each) => percent(each)).join(', ')} |`;
  });
  const found = of('suspects').map(({ found }) => percent(found));
  return [
    `Of the changed labels, the first ${percent(LOOKED_AT)} of the suspects have ${found.join(', ')}.`,
    '',
    ...['| labels | median | all seeds |', '|---|---:|---|', ...rows],
  ].join('\n');
}
