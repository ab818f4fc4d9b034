// Which parts of the recipe of a final training pay?
// node bench/recipe.mjs --data mnist --work 3e12 --out FILE.json [--arms base,no-smoothing] [--seeds 1,2,3] [--genome G]
// Every training takes the same work, on one core; some training images are held out and score it. The file holds what is
// done, so the same command goes on after an interruption, and arms and seeds can be added. See README.md.

import { parseArgs } from 'node:util';
import { mean } from '../dist/arithmetic/averages.js';
import { percent } from '../dist/text/figures.js';
import { ARMS } from './recipe/arms.mjs';
import { trainMissing } from './support/equal-work.mjs';

/** Two-sided 95 % quantiles of Student's t, by degrees of freedom. */
const T95 = [Number.NaN, 12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];

await compare();

async function compare() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: 'mnist' },
      work: { type: 'string' },
      out: { type: 'string' },
      arms: { type: 'string', default: Object.keys(ARMS).join(',') },
      seeds: { type: 'string', default: '1,2,3' },
      genome: { type: 'string', default: 'auto' },
      head: { type: 'string', default: 'globalAveragePooling' },
      images: { type: 'string' },
      'scoring-images': { type: 'string', default: '10000' },
      augmentation: { type: 'string', default: '{"padAndCrop":2,"padding":"reflect"}' },
      jobs: { type: 'string', default: '2' },
    },
  });
  const { data, work, out, genome, head, augmentation } = values;
  if (work === undefined || out === undefined) throw new Error('--work and --out are needed; see bench/README.md');
  const unknown = values.arms.split(',').filter((name) => ARMS[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`unknown arms ${unknown.join(', ')}; there are ${Object.keys(ARMS).join(', ')}`);
  const setting = {
    ...{ data, genome, head, work: Number(work), augmentation: JSON.parse(augmentation) },
    images: values.images === undefined ? null : Number(values.images),
    scoringImages: Number(values['scoring-images']),
  };
  const trainings = values.seeds
    .split(',')
    .flatMap((seed) => values.arms.split(',').map((arm) => ({ arm, seed: Number(seed) })));
  const results = await trainMissing({ out, setting, trainings, jobs: Number(values.jobs) }, ({ arm, seed }) => {
    const { head = setting.head, genome = setting.genome, training = {}, finalTraining = {} } = ARMS[arm];
    const { augmentation = (base) => base, ...others } = finalTraining;
    const changed = { ...others, augmentation: augmentation(setting.augmentation) };
    return { ...setting, head, genome, seed, training, finalTraining: changed };
  });
  console.log(`\n${table(results)}`);
}

/** Against `base`, by pairs with the same seed; the interval is of the mean difference, with 95 % confidence. */
function table(results) {
  const accuracyOf = (arm, seed) => results.find((done) => done.arm === arm && done.seed === seed)?.accuracy;
  const arms = Object.keys(ARMS).filter((name) => results.some(({ arm }) => arm === name));
  const rows = arms.map((arm) => {
    const own = results.filter((done) => done.arm === arm);
    const differences = own.flatMap(({ seed, accuracy }) => {
      const base = accuracyOf('base', seed);
      return base === undefined || arm === 'base' ? [] : [100 * (accuracy - base)];
    });
    return `| ${arm} | ${percent(mean(own.map(({ accuracy }) => accuracy)))} | ${shown(differences)} | ${own.length} |`;
  });
  return ['| arm | mean accuracy | points over base | seeds |', '|---|---:|---:|---:|', ...rows].join('\n');
}

function shown(differences) {
  if (differences.length === 0) return '';
  const middle = mean(differences);
  if (differences.length === 1) return middle.toFixed(2);
  const n = differences.length;
  const deviation = Math.sqrt(differences.reduce((sum, each) => sum + (each - middle) ** 2, 0) / (n - 1));
  return `${middle.toFixed(2)} ± ${((T95[n - 1] ?? 2) * (deviation / Math.sqrt(n))).toFixed(2)}`;
}
