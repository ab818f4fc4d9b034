import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodePng, pixelsOf, writeIn } from '../../../test/support/data-fixtures.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { runInProcess } from '../../../test/support/run-program.ts';
import { tinyDigitParts } from '../../../test/support/tiny-digits.ts';
import { loadDataset } from '../../data/load-dataset.ts';
import { InterruptedError, InvalidInputError } from '../../errors.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import { ProcessPoolEvaluator } from '../../evaluation/node/process-pool-evaluator.ts';
import { writeSuspectsPage } from '../../report/suspects/write-suspects-page.ts';
import { createSearch } from '../create-search.ts';
import { type FoundSuspects, findSuspects, type SuspectOptions } from './find-suspects.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-suspects-'));
const [data, run] = [join(folder, 'digits'), join(folder, 'run')];
const BUILT = new URL('../../../dist/evaluation/node/worker.js', import.meta.url);
/** By file, its true class. */
const planted = new Map<string, string>();

const inProcess = () => new InProcessEvaluator(runtime);
const pool = (workers: number) => new ProcessPoolEvaluator({ workers, timeoutMs: 3_600_000, script: BUILT });
const find = (options: SuspectOptions = {}) => findSuspects(run, { evaluator: inProcess(), folds: 4, ...options });
const statesOf = () => join(run, 'suspects');

async function train(out: string, labels?: string): Promise<void> {
  const config = {
    dataset: { source: data, ...(labels !== undefined && { labels }) },
    genome: '8-8-max',
    finalEpochs: 20,
    training: { batchSize: 16 },
    tensorboard: false,
    lowering: 'plain' as const,
  };
  await (await createSearch(config, { out, evaluator: inProcess() })).run();
}

beforeAll(async () => {
  vi.stubEnv('AUTO_CNN_CACHE', join(folder, 'cache'));
  const { train: images, test, shape } = tinyDigitParts();
  for (const [part, examples] of [
    ['train', images],
    ['test', test],
  ] as const) {
    if (examples === undefined) continue;
    for (const [i, label] of examples.labels.entries()) {
      const isWrong = part === 'train' && i % 19 === 3;
      const given = String(isWrong ? (label + 3) % 10 : label);
      const file = join(part, given, `${i}.png`);
      if (isWrong) planted.set(file, String(label));
      await writeIn(data, file, await encodePng(pixelsOf(examples).subarray(64 * i, 64 * (i + 1)), shape));
    }
  }
  await train(run);
}, 120_000);

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('findSuspects', () => {
  let found: FoundSuspects;
  beforeAll(async () => {
    found = await find();
  }, 120_000);

  it('finds planted wrong labels first, names their files and knows their true classes', () => {
    const first = found.ranking.slice(0, planted.size);
    const hits = first.filter(({ file = '' }) => planted.has(file));
    expect(planted.size).toBe(11);
    expect(hits.length).toBeGreaterThanOrEqual(8);
    for (const { file = '', suggested } of hits) expect(suggested).toBe(planted.get(file));
    const suspected = found.records.suspects.filter(({ file = '' }) => planted.has(file));
    expect(suspected.length).toBeGreaterThanOrEqual(8);
  });

  it('ranks every training image once, by the SHA-256 of its pixels, and writes the suspects down', async () => {
    const { train: packed } = await loadDataset(data);
    const digests = Array.from({ length: packed.count }, (_, i) =>
      createHash('sha256')
        .update(pixelsOf(packed).subarray(64 * i, 64 * (i + 1)))
        .digest('hex'),
    );
    expect(found.ranking.map(({ image }) => image).sort()).toEqual(digests.toSorted());
    const confidences = found.ranking.map(({ selfConfidence }) => selfConfidence);
    expect(confidences).toEqual(confidences.toSorted((a, b) => a - b));
    expect(JSON.parse(readFileSync(join(run, 'suspects.json'), 'utf8'))).toEqual(found.records);
    expect(found.records).toMatchObject({ folds: 4, epochs: 20, images: 200, genome: '8-8-max' });
  });

  it('gives the same, bit for bit, with one worker, with two, and after an interruption', async () => {
    rmSync(statesOf(), { recursive: true });
    const abort = new AbortController();
    const interrupted = find({
      signal: abort.signal,
      onProgress: (share) => {
        if (share > 0.3) abort.abort();
      },
    });
    await expect(interrupted).rejects.toThrow(InterruptedError);
    await expect(interrupted).rejects.toThrow('run the same command again to go on');
    const resumed = await find();
    expect(resumed.ranking).toEqual(found.ranking);
    for (const workers of [1, 2]) {
      rmSync(statesOf(), { recursive: true });
      expect((await find({ evaluator: pool(workers) })).ranking).toEqual(found.ranking);
    }
  }, 240_000);

  it('trains what is there no more than once, and again what is damaged', async () => {
    const evaluator = inProcess();
    const evaluate = vi.spyOn(evaluator, 'evaluate');
    const again = await find({ evaluator });
    expect(evaluate).not.toHaveBeenCalled();
    expect(again.ranking).toEqual(found.ranking);
    const states = readdirSync(statesOf()).filter((name) => name.endsWith('.safetensors'));
    writeFileSync(join(statesOf(), states[0] ?? ''), 'damaged');
    const notices: string[] = [];
    const mended = await find({ onNotice: (notice) => notices.push(notice) });
    expect(notices.join()).toContain('is damaged or belongs to another candidate');
    expect(mended.ranking).toEqual(found.ranking);
  }, 120_000);

  it('shortens the trainings to an amount of computing, the same each time, and refuses one that is too small', async () => {
    const plans: number[] = [];
    const onPlan = ({ epochs }: { epochs: number }) => void plans.push(epochs);
    const shortened = await find({ budget: '4.6e10flops', onPlan });
    await find({ budget: '4.6e10flops', onPlan });
    expect(plans[0]).toBe(plans[1]);
    expect(plans[0]).toBeLessThan(20);
    expect(shortened.records.epochs).toBe(plans[0]);
    await expect(find({ budget: '1e9flops' })).rejects.toThrow(
      /^the budget 1e9flops is too small to train 4 times without a fold; give at least \S+flops, or fewer folds$/,
    );
  }, 120_000);

  it.each([
    [{ folds: 1 }, 'The number of folds must be a whole number from 2 to the number of images, 200, got 1'],
    [{ folds: 300 }, 'got 300: use 5, for example.'],
    [{ budget: '5' }, '--budget must be a time or an amount of computing with its unit'],
  ])('refuses %j', async (options, message) => {
    await expect(find(options)).rejects.toThrow(InvalidInputError);
    await expect(find(options)).rejects.toThrow(message);
  });
});

describe('auto-cnn suspects', () => {
  it('prints the suspects, writes the page, the section of the report and the ranking', async () => {
    await find();
    const csv = join(folder, 'ranking.csv');
    const { code, stdout } = await runInProcess('suspects', run, '--folds', '4', '--csv', csv);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Suspects {4}\d+: \d+ labels? likely wrong/m);
    expect(stdout).toMatch(/suspects\.html\n$/);
    const lines = readFileSync(csv, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(201);
    expect(lines[0]).toBe(
      'rank,image,file,label,suggested,selfConfidence,otherConfidence,isWrong,isSuspect,nearCopy,nearCopyLabel',
    );
    expect(existsSync(join(run, 'suspects.html'))).toBe(true);
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('Doubtful labels');
    const json = await runInProcess('suspects', run, '--folds', '4', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ images: 200, page: join(run, 'suspects.html') });
    const unchanged = await loadDataset(data, { labels: csv });
    expect(unchanged.fingerprint).toBe((await loadDataset(data)).fingerprint);
  }, 120_000);

  it('refuses what is no run, and a run that is not finished', async () => {
    const none = await runInProcess('suspects', join(folder, 'none'));
    expect(none).toMatchObject({ code: 2 });
    expect(none.stderr).toMatch(/^error: the folder .*none does not exist; give the folder of a run/);
    const begun = join(folder, 'begun');
    await (await createSearch({ dataset: { source: data }, genome: '8-8-max' }, { out: begun })).close();
    const unfinished = await runInProcess('suspects', begun);
    expect(unfinished).toMatchObject({ code: 2 });
    expect(unfinished.stderr).toContain(
      `is not finished, so its network is not known yet; finish it with "auto-cnn resume`,
    );
    const typo = await runInProcess('suspects', run, '--folds', 'many');
    expect(typo).toMatchObject({
      code: 2,
      stderr: 'error: --folds must be a number, such as 8, 0.5 or 2e6, received "many"\n',
    });
  }, 60_000);

  it('goes on from corrections: the page carries them, and the images that were dropped are gone', async () => {
    const [gone = '', moved = ''] = planted.keys();
    const fixed = join(folder, 'fixed.csv');
    writeFileSync(fixed, `image,decision,label\n${gone},drop,\n${moved},relabel,${planted.get(moved)}\n`);
    const mended = join(folder, 'mended');
    await train(mended, fixed);
    const found = await findSuspects(mended, { evaluator: inProcess(), folds: 2 });
    expect(found.records.images).toBe(199);
    expect(found.ranking.some(({ file }) => file === gone)).toBe(false);
    expect(found.ranking.find(({ file }) => file === moved)?.label).toBe(planted.get(moved));
    expect(found.corrections.map(({ image }) => image)).toEqual([gone, moved]);
    const page = readFileSync(await writeSuspectsPage(found), 'utf8');
    expect(page).toContain(basename(gone));
  }, 120_000);
});
