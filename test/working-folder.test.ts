import { readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { relative } from 'node:path';
import { expect, it } from 'vitest';

it('every test file runs in an empty folder of its own, not in the one that the tests were started from', () => {
  expect(readdirSync('.')).toEqual([]);
  expect(relative(realpathSync(tmpdir()), process.cwd())).toMatch(/^auto-cnn-test-/);
});
