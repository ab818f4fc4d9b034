// One run of one arm: starts or resumes its search, then scores its networks.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadRuntime } from '../../dist/engine/node/load-runtime.js';
import { DeployedModel } from '../../dist/engine/scoring/deployed-model.js';
import { fileStorage } from '../../dist/files/file-storage.js';
import { trainingWork } from '../../dist/genome/work.js';
import {
  createSearch,
  estimateCost,
  ProcessPoolEvaluator,
  parseGenome,
  readJournal,
  resumeSearch,
} from '../../dist/index.js';
import { START_WORK, usedImages } from '../../dist/search/budget/candidate-work.js';
import { dataSizeOf } from '../../dist/search/config/network-input.js';
import { buildModel } from '../../dist/search/model/build-model.js';
import { openRunFolder, readSummary } from '../../dist/search/run/run-folder.js';
import { readSearch } from './curve.mjs';

/**
 * @param path    path of the run folder. An interrupted run is resumed; a finished one is only scored.
 * @param config  configuration of a new run.
 * @param final   whether the method has a final training; if not, its result is the best candidate.
 * @returns the input of `tableOf`, and the `points` of the curve.
 */
export async function runArm({ path, config, final, dataset, signal }) {
  if (existsSync(path) && !existsSync(join(path, 'config.json'))) rmSync(path, { recursive: true });
  const done = existsSync(path) ? readSummary(openRunFolder(path).folder) : undefined;
  const summary = done ?? (await search(path, config, final, dataset, signal));
  return score(path, summary, dataset, signal);
}

async function search(path, config, final, dataset, signal) {
  const { workers, timeoutSeconds } = config;
  const pool = new ProcessPoolEvaluator({ workers, timeoutMs: timeoutSeconds * 1000 });
  const options = { dataset, evaluator: final ? pool : withoutFinal(pool), signal };
  const opened = existsSync(path) ? resumeSearch(path, options) : createSearch(config, { ...options, out: path });
  const run = await opened.catch(async (error) => {
    await pool.close();
    throw error;
  });
  return run.run({ signal });
}

/** Makes the search fall back on the weights of the best candidate. */
function withoutFinal(evaluator) {
  return {
    concurrency: evaluator.concurrency,
    async evaluate(task, options) {
      if (task.selection.purpose !== 'final') return evaluator.evaluate(task, options);
      const message = 'this method has none';
      return { fitness: 0, history: [], bestEpoch: 0, failure: { reason: 'error', message } };
    },
    close: () => evaluator.close(),
  };
}

/** Scores each incumbent on the scoring part, which is the test part of the run's data set. */
async function score(path, summary, dataset, signal) {
  const { folder, config } = openRunFolder(path);
  const entries = readJournal(folder.journal);
  const { incumbents, spent, networks, failures } = readSearch(entries);
  const points = [];
  for (const { id, genome, spent: work } of incumbents) {
    signal?.throwIfAborted();
    points.push({ work, accuracy: await accuracyOf(genome, config, dataset, folder.checkpoint(id)) });
  }
  const finals = entries.filter(({ type, failure }) => type === 'final' && failure === undefined);
  const work = spent + finals.reduce((sum, { genome }) => sum + finalWork(genome, config, dataset), 0);
  const { testAccuracy: accuracy, validationAccuracy, genome, parameters, seconds } = summary;
  return {
    points: [...points, { work, accuracy }],
    ...{ accuracy, validationAccuracy, networks, failures, genome, parameters, work, seconds },
  };
}

async function accuracyOf(genome, config, dataset, checkpoint) {
  const { problem } = dataSizeOf(config, dataset);
  const bytes = await buildModel(genome, { storage: fileStorage, problem, dataset }, checkpoint);
  const model = await DeployedModel.load(await loadRuntime(), bytes, checkpoint);
  try {
    return (await model.score(dataset.test, dataset.shape)).accuracy;
  } finally {
    await model.release();
  }
}

function finalWork(genome, config, dataset) {
  const data = dataSizeOf(config, dataset);
  const imageWork = trainingWork(estimateCost(parseGenome(genome), data.problem), config.training);
  return START_WORK + config.finalEpochs * usedImages(config, data) * imageWork;
}
