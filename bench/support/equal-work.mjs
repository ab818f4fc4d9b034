// Final trainings of equal work, each in a process of its own on one core, scored on training images kept apart.

import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mapCancelling } from '../../dist/concurrency.js';
import { requireEngine } from '../../dist/engine/engine-kind.js';
import { chooseLowering } from '../../dist/engine/lowering/choose-lowering.js';
import { loadRuntime } from '../../dist/engine/node/load-runtime.js';
import { train } from '../../dist/engine/training/train.js';
import { prepareData } from '../../dist/evaluation/select-data.js';
import { writeFileAtomicallySync } from '../../dist/files/write-file.js';
import { trainingWork } from '../../dist/genome/work.js';
import { createRng, estimateCost, formatGenome, parseGenome } from '../../dist/index.js';
import { createNetwork } from '../../dist/network/training-graph.js';
import { planBudget } from '../../dist/search/budget/budget-plan.js';
import { finalTask } from '../../dist/search/candidates/identified-task.js';
import { dataSizeOf } from '../../dist/search/config/network-input.js';
import { finalTrainingFor } from '../../dist/search/config/presets.js';
import { resolveConfig } from '../../dist/search/run/resolve-config.js';
import { percent } from '../../dist/text/figures.js';
import { loadComparison } from '../compare/data.mjs';
import { commitOf, describeMachine } from './provenance.mjs';
import { scoreStates } from './score-states.mjs';

const FILE = fileURLToPath(import.meta.url);

if (process.send !== undefined && process.argv[1] === FILE) {
  process.once('message', async (message) => process.send(await trainAndScore(message), () => process.disconnect()));
}

/**
 * Takes the trainings that the file does not hold yet. It holds what is done, so an interruption loses little.
 *
 * @param trainings   what tells one from another, such as arm and seed.
 * @param messageFor  returns what `trainAndScore` needs for one of them.
 * @returns all results of the file: each training with its result, the commit and the machine.
 */
export async function trainMissing({ out, setting, trainings, jobs }, messageFor) {
  const report = existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : { setting, results: [] };
  if (JSON.stringify(report.setting) !== JSON.stringify(setting)) {
    throw new Error(`${out} holds another setting, ${JSON.stringify(report.setting)}; give another file`);
  }
  const origin = { commit: commitOf('src'), ...describeMachine() };
  const isDone = (training) =>
    report.results.some((done) => Object.entries(training).every(([name, value]) => done[name] === value));
  const missing = trainings.filter((training) => !isDone(training));
  await mapCancelling(missing, jobs, async (training) => {
    const result = { ...(await trainInChild(messageFor(training))), ...training, ...origin };
    report.results.push(result);
    writeFileAtomicallySync(out, `${JSON.stringify(report, null, 1)}\n`);
    const { accuracy, trainingAccuracy, seconds, epochs, genome } = result;
    console.log(
      `${Object.values(training).join(' ')}: ${percent(accuracy)}, training ${percent(trainingAccuracy)}, ${seconds.toFixed(0)} s, ${epochs} epochs of ${genome}`,
    );
  });
  return report.results;
}

function trainInChild(message) {
  const child = fork(FILE, [], { serialization: 'advanced' });
  child.send(message);
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`a training ended with exit code ${code}`)));
  });
}

/**
 * @param message.data, message.images, message.scoringImages  as for `loadComparison`; `images` may be null.
 * @param message.work      FLOPs of the training.
 * @param message.genome    `auto` for the reference design of that work.
 * @param message.head      type of the first layer of `outputLayer`.
 * @param message.training, message.finalTraining  those of a configuration, where they differ from the recipe.
 * @returns `accuracy` on the scoring images, `trainingAccuracy`, `seconds`, `epochs` and `genome`.
 */
async function trainAndScore({ data, images, scoringImages, work, genome, head, seed, training, finalTraining }) {
  const dataset = await loadComparison(data, images ?? undefined, scoringImages);
  const config = resolveConfig(
    {
      dataset: { source: 'recipe' },
      budget: { flops: work },
      genome,
      seed,
      outputLayer: [{ type: head }, { type: 'dense', units: 'classes', activation: 'softmax' }],
      training,
      finalTraining: { ...finalTrainingFor({}, training, true), ...finalTraining },
    },
    'bench',
  );
  const size = dataSizeOf(config, dataset);
  const planned = genome === 'auto' ? planBudget(work, config, size) : config;
  if (planned === undefined) throw new Error(`work of ${work} is too little for this data; give more`);
  const network = parseGenome(planned.genome);
  const epochs = work / dataset.train.count / trainingWork(estimateCost(network, size.problem), planned.training);
  const final = { ...planned, finalEpochs: Number(epochs.toFixed(2)) };
  const { task } = finalTask(network, { config: final, dataset: { path: '', fingerprint: '' }, checkpoint: () => '' });
  const { data: examples, normalisation } = prepareData(dataset, task.selection, task.network);
  const graph = createNetwork(network, size.problem, normalisation);
  const plain = await loadRuntime();
  const runtime = await requireEngine(plain, (await chooseLowering(plain, 'auto')).name);
  const began = performance.now();
  const { best, history } = await train(runtime, graph, task.training, examples, createRng(task.seed));
  const seconds = (performance.now() - began) / 1000;
  const [accuracy] = await scoreStates(runtime, graph, [best], dataset);
  const { epochs: taken } = task.training;
  return {
    accuracy,
    trainingAccuracy: history.at(-1)?.accuracy,
    seconds,
    epochs: taken,
    genome: formatGenome(network),
  };
}
