// Does a plan keep its times? node bench/planned-time.mjs RUN ...
// For finished runs with a time budget: seconds of each candidate over those that its work was planned to take, steps of
// the final training over those planned at its start, and the whole run over its budget. See README.md.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { parseGenome, readJournal } from '../dist/index.js';

/** Layers with so many filters at most are small, with so many at least large. */
const SMALL = 16;
const LARGE = 64;

const { positionals: folders } = parseArgs({ allowPositionals: true });
if (folders.length === 0) throw new Error('give folders of finished runs with a time budget, such as runs/mnist-1');
const runs = folders.map(readRun);

console.log('| run | genome | budget | whole run | steps of the final training |\n|---|---|---:|---:|---:|');
for (const { folder, genome, budget, seconds, steps } of runs) {
  console.log(`| ${folder} | ${genome} | ${budget} s | ${ratio(seconds / budget)} | ${ratio(steps)} |`);
}
const candidates = runs.flatMap((run) => run.candidates);
console.log('\n| candidates | number | median of actual over planned | middle half |\n|---|---:|---:|---|');
row('all', candidates);
row(
  `at most ${SMALL} filters`,
  candidates.filter(({ widest }) => widest <= SMALL),
);
row(
  `a layer of ${LARGE} filters or more`,
  candidates.filter(({ widest }) => widest >= LARGE),
);

function readRun(folder) {
  const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const { budget } = read('config.json');
  if (budget?.rate === undefined) throw new Error(`${folder} is not a run with a time budget`);
  const { genome, seconds } = read('summary.json');
  const entries = readJournal(join(folder, 'journal.jsonl'));
  const plans = entries.filter(({ type }) => type === 'plan');
  return {
    ...{ folder, genome, seconds, budget: budget.seconds },
    // The first is that of the start.
    steps: plans.length === 0 ? Number.NaN : plans.at(-1).total / plans[0].total,
    candidates: entries
      .filter(
        ({ type, cached, failure, pruned, stopped }) =>
          type === 'evaluation' && !(cached || failure || pruned || stopped),
      )
      .map((entry) => ({
        widest: Math.max(
          ...parseGenome(entry.genome).flatMap(({ filters1 = 0, filters2 = 0 }) => [filters1, filters2]),
        ),
        ratio: entry.seconds / (entry.work / budget.rate),
      })),
  };
}

function row(name, chosen) {
  const sorted = chosen.map((each) => each.ratio).toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  const middle = sorted.length === 0 ? '' : ratio(median(sorted));
  console.log(`| ${name} | ${sorted.length} | ${middle} | ${ratio(at(0.25))} to ${ratio(at(0.75))} |`);
}

function ratio(value) {
  return Number.isNaN(value) ? '' : value.toFixed(2);
}
