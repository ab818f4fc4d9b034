import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MadeUpRun } from '../../../test/support/report-runs.ts';
import { runInProcess } from '../../../test/support/run-program.ts';
import { temporaryName } from '../../files/write-file.ts';

it('writes the report that a run was killed at, and removes what is left of it', async () => {
  const { folder } = await MadeUpRun.done();
  const report = join(folder, 'report.html');
  const unfinished = temporaryName(report);
  await writeFile(unfinished, '<!doctype');
  const { code, stdout, stderr } = await runInProcess('resume', folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(report);
  expect(existsSync(report)).toBe(true);
  expect(existsSync(unfinished)).toBe(false);
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});

it('prints the summary where the report cannot be written, and says so', async () => {
  const { folder } = await MadeUpRun.done();
  await writeFile(join(folder, 'lock'), JSON.stringify({ pid: process.pid, host: 'elsewhere', token: 'other' }));
  const { code, stdout, stderr } = await runInProcess('resume', folder);
  expect(code).toBe(0);
  expect(stdout).toContain('accuracy');
  expect(stderr).toMatch(/^note: the report could not be written: the run is being worked on by process .*\n$/);
});
