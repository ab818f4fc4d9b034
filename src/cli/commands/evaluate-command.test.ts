import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodePng, writeIn } from '../../../test/support/data-fixtures.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { runInProcess } from '../../../test/support/run-program.ts';
import { noiseImages, smallModel } from '../../../test/support/small-model.ts';
import { createSearch } from '../../index.ts';
import { InProcessEvaluator } from '../../internal.ts';

const SHAPE = { channels: 1, height: 8, width: 8 };

describe('evaluate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-evaluate-'));
  const [data, run] = [join(folder, 'pets'), join(folder, 'run')];

  beforeAll(async () => {
    vi.stubEnv('AUTO_CNN_CACHE', join(folder, 'cache'));
    const pixels = noiseImages(60, SHAPE);
    for (let i = 0; i < 60; i++) {
      const image = await encodePng(pixels.subarray(64 * i, 64 * (i + 1)), SHAPE);
      await writeIn(data, join(['cat', 'dog', 'owl'][i % 3] ?? '', `${i}.png`), image);
    }
  });

  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('gives each class, the confusions and the calibration, as JSON and as text', async () => {
    const model = join(folder, 'model.onnx');
    writeFileSync(model, smallModel('4-4-max', SHAPE, ['cat', 'dog', 'owl']).bytes);
    const { code, stdout, stderr } = await runInProcess('evaluate', model, data, '--test', '0.5', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { accuracy, examples, classes, confusion, macro, calibration } = JSON.parse(stdout);
    expect(examples).toBe(30);
    expect(classes.map(({ name }: { name: string }) => name)).toEqual(['cat', 'dog', 'owl']);
    expect(confusion.map((row: number[]) => row.reduce((sum, count) => sum + count))).toEqual([10, 10, 10]);
    const right = [0, 1, 2].reduce((sum, i) => sum + confusion[i][i], 0);
    expect(accuracy).toBeCloseTo(right / 30, 12);
    // With as many images of each class, the mean recall is the accuracy.
    expect(macro.recall).toBeCloseTo(accuracy, 12);
    expect(calibration.bins).toHaveLength(15);

    const text = await runInProcess('evaluate', model, data, '--test', '0.5');
    expect(text.stdout).toMatch(
      /^Accuracy {2}\d+\.\d\d %\nLoss {6}\d\.\d{4}\n\nClass +Precision +Recall +F1 +Images\ncat /m,
    );
    expect(text.stdout).toMatch(/^ {4}cat dog owl\n/m);
    expect(text.stdout).toMatch(/^Calibration error {2}\d+\.\d\d % over 15 bins/m);
  });

  it('tests exports of a run on the test part of the run', async () => {
    const config = { dataset: { source: data, test: 0.25 }, genome: '4-4', finalEpochs: 1, training: { batchSize: 5 } };
    const search = await createSearch(config, { out: run, evaluator: new InProcessEvaluator(runtime) });
    const { testAccuracy } = await search.run();
    const exported = await runInProcess('export', run, '--format', 'onnx', '--int8', '--json');
    const { files } = JSON.parse(exported.stdout);
    for (const [model, accuracy] of [
      [run, testAccuracy],
      [join(run, 'exports', 'onnx', 'model.onnx'), testAccuracy],
      [join(run, 'exports', 'onnx', 'model-int8.onnx'), files[1].testAccuracy],
    ]) {
      const { stdout } = await runInProcess('evaluate', model, data, '--json');
      expect(JSON.parse(stdout)).toMatchObject({ examples: 15, accuracy });
    }
  });
});
