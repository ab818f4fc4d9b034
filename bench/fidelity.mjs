// How early can a training be judged? node bench/fidelity.mjs --data mnist --images 1000 --work 6e12 --out FILE.json
// The reference design of that work, its neighbours, mutations of it and random networks of at most its size are trained with
// all of the work and with shares of it. Rank correlations tell how much of the final order is known after each share,
// and the spread of the last column what a search could gain. See README.md.

import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { randomGenome } from '../dist/genome/random-genome.js';
import { referenceGenomes } from '../dist/genome/reference-genomes.js';
import { genomeId } from '../dist/genome/text.js';
import { trainingWork } from '../dist/genome/work.js';
import { createRng, estimateCost, mutateGenome, parseGenome } from '../dist/index.js';
import { planBudget } from '../dist/search/budget/budget-plan.js';
import { dataSizeOf } from '../dist/search/config/network-input.js';
import { resolveConfig } from '../dist/search/run/resolve-config.js';
import { percent } from '../dist/text/figures.js';
import { loadComparison } from './compare/data.mjs';
import { spearman } from './compare/rank.mjs';
import { trainMissing } from './support/equal-work.mjs';

const CHANNELS = [8, 16, 32, 64, 128, 256];
const MUTATIONS = 5;
const RANDOM = 4;
/** Network sizes that are drawn have at least this share of the work of the reference design. */
const LEAST_WORK = 0.3;
/** Mutations may take this many times the work of the reference design. */
const MOST_WORK = 1.5;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'mnist' },
    work: { type: 'string' },
    out: { type: 'string' },
    images: { type: 'string' },
    'scoring-images': { type: 'string', default: '10000' },
    augmentation: { type: 'string', default: '{"padAndCrop":2,"padding":"reflect"}' },
    shares: { type: 'string', default: '1,0.2,0.1,0.05,0.02' },
    seeds: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
  },
});
const { data, out } = values;
if (values.work === undefined || out === undefined) throw new Error('--work and --out are needed; see bench/README.md');
const work = Number(values.work);
const setting = {
  ...{ data, work, head: 'globalAveragePooling' },
  images: values.images === undefined ? null : Number(values.images),
  scoringImages: Number(values['scoring-images']),
};
const genomes = await chooseGenomes();
const shares = values.shares.split(',').map(Number);
const seeds = values.seeds.split(',').map(Number);
const trainings = seeds.flatMap((seed) =>
  shares.flatMap((share) => genomes.map((genome) => ({ share, genome, seed }))),
);
const finalTraining = { augmentation: JSON.parse(values.augmentation) };
const results = await trainMissing(
  { out, setting, trainings, jobs: Number(values.jobs) },
  ({ share, genome, seed }) => ({ ...setting, genome, seed, work: share * work, training: {}, finalTraining }),
);
report();

/** By a fixed rule, the same on every machine. */
async function chooseGenomes() {
  const dataset = await loadComparison(data, setting.images ?? undefined, setting.scoringImages);
  const config = resolveConfig(
    {
      dataset: { source: 'fidelity' },
      budget: { flops: work },
      genome: 'auto',
      outputLayer: [{ type: 'globalAveragePooling' }, { type: 'dense', units: 'classes', activation: 'softmax' }],
    },
    'bench',
  );
  const { problem } = dataSizeOf(config, dataset);
  const reference = parseGenome(planBudget(work, config, dataSizeOf(config, dataset)).genome);
  const own = workOf(reference);
  const space = { channels: CHANNELS, maxDepth: 10, maxWork: own, training: config.training };
  const rng = createRng('fidelity');
  const chosen = new Set([genomeId(reference), ...referenceGenomes(space, problem).map(genomeId)]);
  const add = (count, draw) => {
    for (const wanted = chosen.size + count; chosen.size < wanted; ) {
      const genome = draw();
      if (workOf(genome) >= LEAST_WORK * own) chosen.add(genomeId(genome));
    }
  };
  const wider = { ...space, maxWork: MOST_WORK * own };
  add(MUTATIONS, () => mutateGenome(rng, reference, [0.4, 0.1, 0.1, 0.4], wider, problem));
  add(RANDOM, () => randomGenome(rng, space, problem));
  return [...chosen];

  function workOf(genome) {
    return trainingWork(estimateCost(genome, problem), config.training);
  }
}

function report() {
  const accuracyOf = (genome, share, seed) =>
    results.find((done) => done.genome === genome && done.share === share && done.seed === seed)?.accuracy;
  const rows = genomes.map((genome) => {
    const cells = shares.map((share) => percent(median(seeds.map((seed) => accuracyOf(genome, share, seed)))));
    return `| \`${genome}\` | ${cells.join(' | ')} |`;
  });
  const columns = shares.map((share) => `${100 * share} %`);
  console.log(`\n| genome | ${columns.join(' | ')} |\n|---|${shares.map(() => '---:|').join('')}\n${rows.join('\n')}`);
  for (const share of shares.filter((share) => share < 1)) {
    const rhos = seeds.map((seed) =>
      spearman(
        genomes.map((genome) => accuracyOf(genome, share, seed)),
        genomes.map((genome) => accuracyOf(genome, 1, seed)),
      ),
    );
    console.log(`Spearman’s ρ of ${100 * share} % with the end: ${rhos.map((rho) => rho.toFixed(2)).join(', ')}`);
  }
}
