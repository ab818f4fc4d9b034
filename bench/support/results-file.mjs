// The results of a benchmark that can be interrupted: a JSON file to which each one is added once it is there.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomicallySync } from '../../dist/files/write-file.js';
import { describeMachine } from './provenance.mjs';

/**
 * @returns `results`, so far; `has`, whether there is one with these values; and `add`, which adds one with machine and date and
 *   prints it.
 */
export function openResults(folder) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'results.json');
  const results = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
  return {
    results,
    has: (key) => results.some((each) => Object.entries(key).every(([name, value]) => each[name] === value)),
    add(result) {
      results.push({ ...result, ...describeMachine(), date: new Date().toISOString() });
      writeFileAtomicallySync(path, `${JSON.stringify(results, null, 1)}\n`);
      console.log(JSON.stringify(result));
    },
  };
}
