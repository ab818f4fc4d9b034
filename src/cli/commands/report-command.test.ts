import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/data-fixtures.ts';
import { MadeUpRun } from '../../../test/support/report-runs.ts';
import { runInProcess } from '../../../test/support/run-program.ts';

it('writes the page into the run folder and names it', async () => {
  const { folder } = await MadeUpRun.done();
  const { code, stdout, stderr } = await runInProcess('report', folder);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${join(folder, 'report.html')}\n`, stderr: '' });
  expect(existsSync(join(folder, 'report.html'))).toBe(true);
});

it('writes drawings where it is told to, and prints one JSON object', async () => {
  const { folder } = await MadeUpRun.goingOn();
  const out = join(folder, 'here');
  const { code, stdout } = await runInProcess('report', folder, '--format', 'svg', '--out', out, '--json');
  expect(code).toBe(0);
  const { format, files, notices } = JSON.parse(stdout);
  expect(format).toBe('svg');
  expect(files).toContain(join(out, 'fitness.svg'));
  expect(files.every(existsSync)).toBe(true);
  expect(notices).toContain('Confusion on the test images: The test images are scored once, at the end.');
});

it('refuses a folder that is no run', async () => {
  const folder = await temporaryFolder();
  const { code, stderr } = await runInProcess('report', folder);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^error: \S+ is not a run: it has no config\.json; give a folder that "auto-cnn search" created\n$/,
  );
});
