// What do the minutes buy? Whole runs of the command line under a time budget, and PyTorch beside them, one after the other.
// node bench/budgets.mjs --data FOLDER --budget 5m --out FILE.json [--methods train,pytorch] [--seeds 1,2,3] [--runs FOLDER]
// The file holds what is done, so the same command goes on after an interruption, and methods, budgets and seeds can be
// added. Test images are scored once by each run. See README.md.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { writeFileAtomicallySync } from '../dist/files/write-file.js';
import { requireBudget } from '../dist/search/config/budget-text.js';
import { percent } from '../dist/text/figures.js';
import { autoCnn } from './support/auto-cnn.mjs';
import { commitOf, describeMachine } from './support/provenance.mjs';

const RECIPE = fileURLToPath(new URL('torch_recipe.py', import.meta.url));
/** Milliseconds of rest before each run, for the processor to cool and for files to be written. */
const REST = 5000;

const METHODS = {
  train: (run) => ours(['train', 'auto'], run),
  search: (run) => ours(['search'], run),
  pytorch,
};

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'mnist' },
    budget: { type: 'string', default: '60s' },
    methods: { type: 'string', default: 'train' },
    seeds: { type: 'string', default: '1,2,3' },
    flags: { type: 'string', default: '' },
    runs: { type: 'string' },
    out: { type: 'string' },
  },
});
if (values.out === undefined) throw new Error('--out FILE.json is needed; see bench/README.md');
const { seconds: budgetSeconds } = requireBudget(values.budget, '--budget');
const methods = values.methods.split(',');
const flags = values.flags.split(' ').filter((flag) => flag !== '');
const unknown = methods.filter((method) => METHODS[method] === undefined);
if (unknown.length > 0)
  throw new Error(`unknown methods ${unknown.join(', ')}; there are ${Object.keys(METHODS).join(', ')}`);
if (budgetSeconds === undefined) throw new Error(`--budget ${values.budget}: give a time, such as 5m`);
const runsFolder = values.runs ?? mkdtempSync(join(tmpdir(), 'auto-cnn-budgets-'));
const done = existsSync(values.out) ? JSON.parse(readFileSync(values.out, 'utf8')) : [];

for (const seed of values.seeds.split(',').map(Number)) {
  for (const method of methods) {
    const setting = { data: basename(values.data), budget: values.budget, method, flags: values.flags, seed };
    if (done.some((result) => Object.entries(setting).every(([key, value]) => result[key] === value))) continue;
    await new Promise((resolve) => setTimeout(resolve, REST));
    const out = join(runsFolder, [basename(values.data), values.budget, method, ...flags, seed].join('-'));
    // What an interrupted run left.
    if (!existsSync(join(out, 'summary.json'))) rmSync(out, { recursive: true, force: true });
    const result = METHODS[method]({ seed, out });
    done.push({ ...setting, ...result, ...describeMachine(), commit: commitOf('src'), date: new Date().toISOString() });
    writeFileAtomicallySync(values.out, `${JSON.stringify(done, null, 1)}\n`);
    console.log(
      `${values.budget} ${method} ${seed}: ${percent(result.accuracy)}, ${result.seconds.toFixed(0)} s, ${result.genome}`,
    );
  }
}
if (values.runs === undefined) rmSync(runsFolder, { recursive: true });
console.log(`\n${table(done)}`);

function ours(command, { seed, out }) {
  const args = [...command, values.data, '--budget', values.budget, '--seed', String(seed), '--out', out, ...flags];
  const { testAccuracy: accuracy, seconds, genome, views, budget, finalTrainingSeconds } = autoCnn(args);
  return { accuracy, seconds, genome, views, epochs: budget.finalEpochs, rate: budget.rate, finalTrainingSeconds };
}

/** Debian's PyTorch; its time does not include reading the images and scoring. */
function pytorch({ seed }) {
  const args = [RECIPE, values.data, '--seconds', String(budgetSeconds), '--seed', String(seed)];
  const output = JSON.parse(execFileSync('/usr/bin/python3', args, { encoding: 'utf8' }));
  return { ...output, genome: 'airbench93' };
}

function table(results) {
  const rows = [...new Set(results.map(groupOf))].map((group) => {
    const accuracies = results.filter((result) => groupOf(result) === group).map(({ accuracy }) => accuracy);
    return `| ${group} | ${percent(median(accuracies))} | ${accuracies.map((each) => percent(each)).join(', ')} |`;
  });
  return ['| data | budget | method | median | all seeds |', '|---|---|---|---:|---|', ...rows].join('\n');
}

function groupOf({ data, budget, method, flags }) {
  return `${data} | ${budget} | ${[method, flags].filter((part) => part !== '').join(' ')}`;
}
