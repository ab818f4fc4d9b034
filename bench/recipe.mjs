// Which parts of the recipe of a final training pay?
// node bench/recipe.mjs --data mnist --work 3e12 --out FILE.json [--arms base,no-smoothing] [--seeds 1,2,3] [--genome G]
// Every training takes the same work, on one core; some training images are held out and score it. The file holds what is
// done, so the same command goes on after an interruption, and arms and seeds can be added. See README.md.

import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mean } from '../dist/arithmetic/averages.js';
import { mapCancelling } from '../dist/concurrency.js';
import { requireEngine } from '../dist/engine/engine-kind.js';
import { chooseLowering } from '../dist/engine/lowering/choose-lowering.js';
import { loadRuntime } from '../dist/engine/node/load-runtime.js';
import { train } from '../dist/engine/training/train.js';
import { prepareData } from '../dist/evaluation/select-data.js';
import { writeFileAtomicallySync } from '../dist/files/write-file.js';
import { trainingWork } from '../dist/genome/work.js';
import { createRng, estimateCost, formatGenome, parseGenome } from '../dist/index.js';
import { createNetwork } from '../dist/network/training-graph.js';
import { planBudget } from '../dist/search/budget/budget-plan.js';
import { finalTask } from '../dist/search/candidates/identified-task.js';
import { dataSizeOf } from '../dist/search/config/network-input.js';
import { finalTrainingFor } from '../dist/search/config/presets.js';
import { resolveConfig } from '../dist/search/run/resolve-config.js';
import { percent } from '../dist/text/figures.js';
import { loadComparison } from './compare/data.mjs';
import { ARMS } from './recipe/arms.mjs';
import { commitOf, describeMachine } from './support/provenance.mjs';
import { scoreStates } from './support/score-states.mjs';

/** Two-sided 95 % quantiles of Student's t, by degrees of freedom. */
const T95 = [Number.NaN, 12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];

if (process.send === undefined) await compare();
else process.once('message', async (message) => process.send(await trainAndScore(message), () => process.disconnect()));

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
  const report = existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : { setting, results: [] };
  if (JSON.stringify(report.setting) !== JSON.stringify(setting)) {
    throw new Error(`${out} holds another setting, ${JSON.stringify(report.setting)}; give another file`);
  }
  const origin = { commit: commitOf('src'), ...describeMachine() };
  const trainings = values.seeds
    .split(',')
    .flatMap((seed) => values.arms.split(',').map((arm) => ({ arm, seed: Number(seed) })))
    .filter(({ arm, seed }) => !report.results.some((done) => done.arm === arm && done.seed === seed));
  await mapCancelling(trainings, Number(values.jobs), async ({ arm, seed }) => {
    const result = { arm, seed, ...(await inChild({ setting, arm, seed })), ...origin };
    report.results.push(result);
    writeFileAtomicallySync(out, `${JSON.stringify(report, null, 1)}\n`);
    console.log(
      `${arm} ${seed}: ${percent(result.accuracy)}, training ${percent(result.trainingAccuracy)}, ${result.seconds.toFixed(0)} s, ${result.epochs} epochs of ${result.genome}`,
    );
  });
  console.log(`\n${table(report.results)}`);
}

function inChild(message) {
  const child = fork(fileURLToPath(import.meta.url), [], { serialization: 'advanced' });
  child.send(message);
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`a training ended with exit code ${code}`)));
  });
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

async function trainAndScore({ setting, arm, seed }) {
  const { training = {}, finalTraining = {}, head = setting.head, genome: ownGenome } = ARMS[arm];
  const { augmentation = (base) => base, ...others } = finalTraining;
  const dataset = await loadComparison(setting.data, setting.images ?? undefined, setting.scoringImages);
  const config = resolveConfig(
    {
      dataset: { source: 'recipe' },
      budget: { flops: setting.work },
      genome: ownGenome ?? setting.genome,
      seed,
      outputLayer: [{ type: head }, { type: 'dense', units: 'classes', activation: 'softmax' }],
      training,
      finalTraining: {
        ...finalTrainingFor('fast', training, true),
        augmentation: augmentation(setting.augmentation),
        ...others,
      },
    },
    arm,
  );
  const size = dataSizeOf(config, dataset);
  const planned = planBudget(setting.work, config, size);
  if (planned === undefined) throw new Error(`--work ${setting.work} is too little for this data; give more`);
  const genome = parseGenome(planned.genome);
  const epochs =
    setting.work / dataset.train.count / trainingWork(estimateCost(genome, size.problem), planned.training);
  const final = { ...planned, finalEpochs: Number(epochs.toFixed(2)) };
  const { task } = finalTask(genome, { config: final, dataset: { path: '', fingerprint: '' }, checkpoint: () => '' });
  const { data, normalisation } = prepareData(dataset, task.selection, task.network);
  const network = createNetwork(genome, size.problem, normalisation);
  const plain = await loadRuntime();
  const runtime = await requireEngine(plain, (await chooseLowering(plain, 'auto')).name);
  const began = performance.now();
  const { best, history } = await train(runtime, network, task.training, data, createRng(task.seed));
  const seconds = (performance.now() - began) / 1000;
  const [accuracy] = await scoreStates(runtime, network, [best], dataset);
  const { epochs: taken } = task.training;
  return { accuracy, trainingAccuracy: history.at(-1)?.accuracy, seconds, epochs: taken, genome: formatGenome(genome) };
}
