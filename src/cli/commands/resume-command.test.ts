import { existsSync, readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { randomExamples, temporaryFolder, writePngFolder } from '../../../test/support/data-fixtures.ts';
import { MadeUpRun } from '../../../test/support/report-runs.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { runInProcess } from '../../../test/support/run-program.ts';
import { temporaryName } from '../../files/write-file.ts';
import { createSearch, resumeSearch } from '../../index.ts';
import { InProcessEvaluator } from '../../internal.ts';

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

describe('resume --data', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const SHAPE = { channels: 1, height: 8, width: 8 };

  /** A run that has begun, whose data was moved and whose cache is gone. */
  async function begun() {
    const folder = await temporaryFolder();
    const [then, now, run, cache] = ['then', 'now', 'run', 'cache'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ];
    vi.stubEnv('AUTO_CNN_CACHE', cache);
    await writePngFolder(then, randomExamples(40, SHAPE, 2), SHAPE);
    const source = relative(process.cwd(), then);
    const config = { dataset: { source, test: 0.25 }, genome: '4-4', finalEpochs: 1, workers: 1 };
    await (await createSearch(config, { out: run, evaluator: new InProcessEvaluator(runtime) })).close();
    await rename(then, now);
    await rm(cache, { recursive: true });
    const stored = () => JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
    return { folder, source, then, now, run, stored };
  }

  it('goes on with data that was moved, and keeps its new place', async () => {
    const { source, then, now, run, stored } = await begun();
    const before = stored();
    expect(before.dataset).toMatchObject({ source, path: then });
    const evaluator = new InProcessEvaluator(runtime);
    await expect(resumeSearch(run, { evaluator })).rejects.toThrow(/is gone: .*"auto-cnn resume RUN --data PATH"/);
    await (await resumeSearch(run, { evaluator, data: now })).close();
    expect(stored()).toEqual({ ...before, dataset: { ...before.dataset, source: now, path: now } });
    const { testExamples } = await (await resumeSearch(run, { evaluator: new InProcessEvaluator(runtime) })).run();
    expect(testExamples).toBe(10);
  });

  it('refuses other data with both fingerprints, and a place where there is nothing, and changes nothing', async () => {
    const { folder, run, stored } = await begun();
    const before = stored();
    const other = join(folder, 'other');
    await writePngFolder(other, randomExamples(40, SHAPE, 2, 5), SHAPE);
    const { code, stdout, stderr } = await runInProcess('resume', run, '--data', other);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(
        `^error: the data in ${other} is not .*fingerprint \\w+, expected ${before.dataset.fingerprint}; .*\n$`,
      ),
    );
    const nowhere = await runInProcess('resume', run, '--data', join(folder, 'nowhere'));
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringMatching(/nor an existing path .*nowhere/) });
    expect(stored()).toEqual(before);
    expect(existsSync(join(run, 'lock'))).toBe(false);
  });

  it('tells a run that is done where its data lies', async () => {
    const { now, run, stored } = await begun();
    await (await resumeSearch(run, { evaluator: new InProcessEvaluator(runtime), data: now })).run();
    const elsewhere = `${now} 2`;
    await rename(now, elsewhere);
    const { code, stdout, stderr } = await runInProcess('resume', run, '--data', elsewhere, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ genome: '4-4', testExamples: 10 });
    expect(stored().dataset).toMatchObject({ source: elsewhere, path: elsewhere });
  });
});
