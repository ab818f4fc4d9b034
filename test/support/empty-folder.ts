// Set up for every test file: it runs in a new, empty folder, so that no test depends on what lies in the one that the
// tests were started from, such as the runs of an earlier `npm start`.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const startedFrom = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-test-'));
process.chdir(folder);

afterAll(() => {
  process.chdir(startedFrom);
  rmSync(folder, { recursive: true, force: true });
});
