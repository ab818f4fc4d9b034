// Checks for the same bits on every platform: compares arithmetic, the decisions of a search, the inputs of graphs, and one
// small training with test/fixtures/golden.json. Runs on any version of Node.js, with the built package:
//
//   node scripts/golden-run.mjs           compares; exits with 1 if something differs
//   node scripts/golden-run.mjs --write   records the results of this platform, after an intended change
//
// A file as further argument replaces golden.json.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { arithmetic } from './golden/arithmetic.mjs';
import { decisions } from './golden/decisions.mjs';
import { feeds } from './golden/feeds.mjs';
import { hashesOf } from './golden/hashes.mjs';
import { kindOfEngine, training } from './golden/training.mjs';

const { values, positionals } = parseArgs({ options: { write: { type: 'boolean' } }, allowPositionals: true });
const [file = fileURLToPath(new URL('../test/fixtures/golden.json', import.meta.url))] = positionals;

const recorded = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
const kind = await kindOfEngine();
const found = {
  arithmetic: hashesOf(arithmetic()),
  decisions: hashesOf(decisions()),
  feeds: hashesOf(feeds()),
  training: hashesOf(await training()),
};

if (values.write) {
  // Results of other kinds of engines are kept.
  const content = { ...found, training: { ...recorded.training, [kind]: found.training } };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
} else {
  compare();
}

function compare() {
  const { [kind]: trained } = recorded.training ?? {};
  let differences = 0;
  for (const [section, hashes] of Object.entries(found)) {
    const expected = section === 'training' ? trained : (recorded[section] ?? {});
    if (expected === undefined && section === 'training') {
      process.stdout.write(`${section}: not recorded for this kind of engine, ${kind}\n`);
      continue;
    }
    const names = Object.keys({ ...expected, ...hashes });
    const differing = names.filter((name) => hashes[name] !== expected[name]);
    differences += differing.length;
    process.stdout.write(`${section}: ${names.length - differing.length} of ${names.length} agree\n`);
    for (const name of differing) {
      process.stdout.write(`  ${name}: recorded ${expected[name] ?? 'nothing'}, found ${hashes[name] ?? 'nothing'}\n`);
    }
  }
  process.exitCode = differences > 0 ? 1 : 0;
}
