// Measures how long 10,000 journalled evaluations take to replay: node bench/replay.mjs [--evaluations 10000]
// A fake evaluator first fills the journal (a random and a generational search); then both are resumed.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRng, createSearch, EvaluationError, loadDataset, readJournal, resumeSearch } from '../dist/index.js';

const { values } = parseArgs({ options: { evaluations: { type: 'string', default: '10000' } } });
const wanted = Number(values.evaluations);
const dataset = await loadDataset('mnist');
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-replay-'));

for (const strategy of ['random', 'generational']) {
  const out = join(folder, strategy);
  const config = {
    dataset: { source: 'mnist' },
    strategy,
    population: 100,
    // Some genomes repeat; a third more generations make up for it.
    generations: Math.ceil(wanted / 75),
    mutationProbability: 0.9,
    searchSpace: { channels: [8, 16, 32, 64, 128, 256, 512], maxDepth: 12, maxFlops: null },
  };
  const filled = await createSearch(config, { out, dataset, evaluator: madeUpEvaluator(wanted) });
  await filled.run().catch((error) => {
    if (error.code !== 'INTERRUPTED') throw error;
  });
  const journalled = readJournal(join(out, 'journal.jsonl')).length;
  const began = performance.now();
  const resumed = await resumeSearch(out, { dataset, evaluator: madeUpEvaluator(0) });
  const opened = performance.now();
  await resumed.run().catch((error) => {
    if (error.code !== 'INTERRUPTED') throw error;
  });
  const ended = performance.now();
  console.log(
    `${strategy}: ${journalled} evaluations, journal read in ${seconds(opened - began)}, replayed in ${seconds(ended - opened)}`,
  );
}
rmSync(folder, { recursive: true, force: true });

/** Returns a fitness derived from the genome, and cancels the search after `limit` evaluations. */
function madeUpEvaluator(limit) {
  let answers = 0;
  return {
    concurrency: 1,
    async evaluate(task) {
      if (answers++ >= limit || task.selection.purpose === 'final') throw new EvaluationError('cancelled', 'enough');
      const fitness = createRng(task.genome).uniform();
      return {
        fitness,
        bestEpoch: 1,
        history: [{ epoch: 1, loss: 1, accuracy: fitness, validationAccuracy: fitness }],
      };
    },
    async close() {},
  };
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(2)} s`;
}
