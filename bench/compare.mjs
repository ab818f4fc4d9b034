// Compares our search with other methods at equal work: node bench/compare.mjs --data mnist --work 2e14 --out FOLDER
// Each combination of arm and seed has a run folder. Called again, it continues with unfinished runs. See README.md.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mapCancelling } from '../dist/concurrency.js';
import { chooseLowering } from '../dist/engine/lowering/choose-lowering.js';
import { loadRuntime } from '../dist/engine/node/load-runtime.js';
import { measureSpeed } from '../dist/evaluation/measure-speed.js';
import { writeFileAtomically } from '../dist/files/write-file.js';
import { createRng, estimateCost, randomGenome, VERSION } from '../dist/index.js';
import { planBudget } from '../dist/search/budget/budget-plan.js';
import { expectedWork } from '../dist/search/budget/rung-sizes.js';
import { dataSizeOf, searchSpaceOf } from '../dist/search/config/network-input.js';
import { resolveConfig } from '../dist/search/run/resolve-config.js';
import { ARMS, CORE, configOf, settingsFor } from './compare/arms.mjs';
import { armsIn, joinCurves, tableOf } from './compare/curve.mjs';
import { loadComparison } from './compare/data.mjs';
import { drawCurves } from './compare/figure.mjs';
import { runArm } from './compare/run.mjs';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'mnist' },
    work: { type: 'string' },
    arms: { type: 'string', default: CORE.join(',') },
    seeds: { type: 'string', default: '1,2,3' },
    out: { type: 'string' },
    'train-images': { type: 'string' },
    'scoring-images': { type: 'string', default: '10000' },
    epochs: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    plan: { type: 'boolean', default: false },
    'plot-only': { type: 'boolean', default: false },
  },
});
const RESULT = 'result.json';
const SETUP = 'comparison.json';

if (values['plot-only']) {
  writeReport(required('out'));
} else {
  const work = Number(required('work'));
  const arms = values.arms === 'all' ? ARMS : values.arms.split(',').map(armNamed);
  const seeds = values.seeds.split(',').map(Number);
  const dataset = await loadComparison(values.data, optional('train-images'), Number(values['scoring-images']));
  const data = dataSizeOf(resolveConfig({ dataset: { source: 'comparison' } }, 'the data'), dataset);
  const settings = settingsFor(work, data, optional('epochs'));
  if (values.plan) await printPlan(arms, seeds, settings, data, work);
  else await compare(arms, seeds, settings, dataset, work, required('out'));
}

async function compare(arms, seeds, settings, dataset, work, out) {
  const { name, fingerprint, train, test } = dataset;
  const [trainImages, scoringImages] = [train.count, test.count];
  checkSetup(out, { data: name, fingerprint, trainImages, scoringImages, work, epochs: settings.full.training.epochs });
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  // Seed by seed, so that early results compare all arms.
  const runs = seeds.flatMap((seed) => arms.map((arm) => ({ arm, seed, path: join(out, `${arm.name}-${seed}`) })));
  const began = performance.now();
  await mapCancelling(
    runs.filter(({ path }) => !existsSync(join(path, RESULT))),
    Number(values.jobs),
    async ({ arm, seed, path }) => {
      if (interrupted.signal.aborted) return;
      try {
        const config = configOf(arm, seed, settings);
        const { final = true } = arm;
        const result = await runArm({ path, config, final, dataset, signal: interrupted.signal });
        const content = JSON.stringify({ arm: arm.name, seed, ...result }, null, 2);
        await writeFileAtomically(join(path, RESULT), [Buffer.from(`${content}\n`)]);
        const minutes = ((performance.now() - began) / 60_000).toFixed(1);
        console.log(
          `${minutes} min  ${arm.name}-${seed}: ${(100 * result.accuracy).toFixed(2)} %, ${result.networks} networks, ${result.genome}`,
        );
      } catch (error) {
        if (interrupted.signal.aborted) return;
        console.error(`${arm.name}-${seed} failed: ${error.message}`);
        process.exitCode = 1;
      }
    },
  );
  if (interrupted.signal.aborted) {
    console.error('interrupted; run the same command again to continue');
    process.exitCode = 130;
  }
  writeReport(out);
}

/** Prevents mixing runs of different comparisons. */
function checkSetup(out, setup) {
  mkdirSync(out, { recursive: true });
  const path = join(out, SETUP);
  const content = `${JSON.stringify(setup, null, 2)}\n`;
  if (!existsSync(path)) writeFileSync(path, content);
  else if (readFileSync(path, 'utf8') !== content) {
    throw new Error(
      `${out} contains a comparison with other settings: ${path} differs from ${content}; give another --out`,
    );
  }
}

function writeReport(out) {
  const setup = readJson(join(out, SETUP));
  const paths = readdirSync(out).map((name) => join(out, name, RESULT));
  const results = paths.filter((path) => existsSync(path)).map(readJson);
  if (results.length === 0) {
    console.log(`no run in ${out} is done yet`);
    return;
  }
  const { data, trainImages, scoringImages, work, epochs } = setup;
  const title = `${data}, ${trainImages.toLocaleString('en')} images, ${work.toExponential(1).replace('+', '')} FLOPs per search`;
  const table = tableOf(results, work);
  const drawn = ARMS.filter(({ name, isDrawn }) => isDrawn && armsIn(results).includes(name));
  const series = drawn.map(({ name }) => {
    const runs = results.filter(({ arm }) => arm === name);
    return { name, points: joinCurves(runs.map(({ points }) => points)) };
  });
  const about = `Scoring part: ${scoringImages.toLocaleString('en')} other training images. Candidates of random, autocnn, aging and ours-full train for ${epochs} epochs. Medians over seeds (least–most). ${cpus()[0]?.model}, auto-cnn ${VERSION}, Node ${process.version}.`;
  writeFileSync(join(out, 'comparison.md'), `# ${title}\n\n${table}\n\n${about}\n`);
  if (series.length > 0) writeFileSync(join(out, 'comparison.svg'), drawCurves(title, series, work));
  console.log(`${title}\n\n${table}\n`);
}

async function printPlan(arms, seeds, settings, data, work) {
  for (const arm of arms) {
    const given = resolveConfig(configOf(arm, 1, settings), arm.name);
    const config = given.budget === undefined ? given : planBudget(work, given, data);
    if (config === undefined) {
      console.log(`${arm.name}: the work is too little`);
      continue;
    }
    if (config.genome !== undefined) {
      console.log(`${arm.name.padEnd(21)} trains ${config.genome}, without a search`);
      continue;
    }
    const { searchSpace, searchWork, searchLimit, training, population, strategy } = config;
    const space = searchSpaceOf(config);
    const rng = createRng('plan');
    const works = Array.from({ length: 300 }, () =>
      expectedWork(config, data, estimateCost(randomGenome(rng, space, data.problem), data.problem)),
    );
    const mean = works.reduce((sum, one) => sum + one, 0) / works.length;
    console.log(
      `${arm.name.padEnd(21)} ${strategy}, population ${population}; channels ${searchSpace.channels}, depth ${searchSpace.maxDepth}, work an image ≤ ${searchSpace.maxWork?.toExponential(1)}; ` +
        `${searchLimit ?? 'all'} images × ${training.epochs} epochs; ${searchWork.toExponential(1)} for the search: about ${Math.floor(searchWork / mean)} random networks`,
    );
  }
  const runtime = await loadRuntime();
  const { rate } = await measureSpeed(runtime, (await chooseLowering(runtime, 'auto')).name);
  const runs = arms.length * seeds.length;
  const minutes = (runs * work) / (Number(values.jobs) * rate) / 60;
  console.log(
    `${runs} runs of ${work.toExponential(1)}, ${values.jobs} at a time: about ${minutes.toFixed(0)} min at ${rate.toExponential(1)} a second each`,
  );
}

function armNamed(name) {
  const arm = ARMS.find((one) => one.name === name);
  if (arm !== undefined) return arm;
  throw new Error(`no arm ${name}; there are ${ARMS.map((one) => one.name).join(', ')}, and all`);
}

function required(option) {
  if (values[option] !== undefined) return values[option];
  throw new Error(`--${option} is missing`);
}

function optional(option) {
  return values[option] === undefined ? undefined : Number(values[option]);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
