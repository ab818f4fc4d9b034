import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { encodeCsv, npzEntries, writeNpz } from '../../../test/support/array-fixtures.ts';
import {
  encodePng,
  randomExamples,
  temporaryFolder,
  writeIdxPair,
  writeIn,
} from '../../../test/support/data-fixtures.ts';
import { encodeParquet, parquetImages } from '../../../test/support/parquet-fixtures.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { runInProcess } from '../../../test/support/run-program.ts';
import { noiseImages, smallModel } from '../../../test/support/small-model.ts';
import { createSearch } from '../../index.ts';
import { InProcessEvaluator } from '../../internal.ts';

const NOTHING = new Uint8Array(0);
const SHAPE = { channels: 1, height: 8, width: 8 };

/** As many noise images in a folder for each class. */
async function writeImages(folder: string, counts: Readonly<Record<string, number>>, seed = 3): Promise<void> {
  const all = Object.entries(counts).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, i) => join(name, `${i}.png`)),
  );
  const pixels = noiseImages(all.length, SHAPE, seed);
  for (const [i, name] of all.entries()) {
    await writeIn(folder, name, await encodePng(pixels.subarray(64 * i, 64 * (i + 1)), SHAPE));
  }
}

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
      /^Accuracy {2}\d+\.\d\d %, 90 % interval \d+\.\d\d to \d+\.\d\d %\nLoss {6}\d\.\d{4}\n\nClass +Precision +Recall +F1 +Images\ncat /m,
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
      expect(JSON.parse(stdout)).toMatchObject({ examples: 15, accuracy, part: 'test', dataset: { ownData: true } });
    }
  });

  it('knows the data of the run by its content, and scores another part if asked', async () => {
    const copy = join(folder, 'copy');
    cpSync(data, copy, { recursive: true });
    const { stdout } = await runInProcess('evaluate', run, copy);
    expect(stdout).toMatch(/^note: No test part in the data: 15 of 60 /m);
    expect(stdout).toMatch(/^Data {6}copy, 15 test images of its run$/m);
    const train = await runInProcess('evaluate', run, data, '--part', 'train');
    expect(train.stdout).toMatch(/^Data .*, 45 training images of its run, which the model was trained on$/m);
    const all = await runInProcess('evaluate', run, data, '--part', 'all', '--json');
    expect(JSON.parse(all.stdout)).toMatchObject({ examples: 60, dataset: { parts: { train: 45, test: 15 } } });
    const typo = await runInProcess('evaluate', run, data, '--part', 'tset');
    expect(typo).toMatchObject({
      code: 2,
      stderr: 'error: --part must be one of train, validation, test, all, received "tset"; did you mean test?\n',
    });
    const none = await runInProcess('evaluate', run, data, '--part', 'validation');
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toMatch(
      /^error: .*pets has no validation part; choose what it has with --part: train \(45 images\), test \(15 images\), all\n$/,
    );
  });

  it('scores all images of data that is not the data of the run', async () => {
    const other = join(folder, 'other');
    await writeImages(other, { cat: 3, dog: 2, owl: 1 }, 4);
    const { code, stdout, stderr } = await runInProcess('evaluate', run, other);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Data {6}other, all 6 images: not the data of its run$/m);
    expect(stdout).not.toContain('split off');
    const json = JSON.parse((await runInProcess('evaluate', run, other, '--json')).stdout);
    expect(json).toMatchObject({ examples: 6, part: 'all', dataset: { ownData: false, parts: { train: 6 } } });
    expect(stdout).not.toContain('pixel for pixel');
    const split = JSON.parse((await runInProcess('evaluate', run, other, '--test', '0.5', '--json')).stdout);
    expect(split).toMatchObject({ examples: 3, part: 'test' });
  });

  it('says how many of the images the model was trained on, if they are only a part of the data of the run', async () => {
    const some = join(folder, 'some');
    for (const name of ['cat', 'dog', 'owl']) cpSync(join(data, name), join(some, name), { recursive: true });
    await writeImages(join(some, 'cat'), { new: 3 }, 8);
    const { notes } = JSON.parse((await runInProcess('evaluate', run, some, '--json')).stdout);
    expect(notes).toContain(
      'The model was trained on 45 of these 63 images, pixel for pixel; the accuracy is too high.',
    );
  });
});

describe('evaluate, without a run beside the model,', () => {
  const classes = ['owl', 'cat', 'dog'];

  async function setUp() {
    const folder = await temporaryFolder();
    vi.stubEnv('AUTO_CNN_CACHE', join(folder, 'cache'));
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const model = join(folder, 'model.onnx');
    writeFileSync(model, smallModel('4-4-max', SHAPE, classes).bytes);
    const evaluate = async (data: string, ...args: readonly string[]) => {
      const { stdout } = await runInProcess('evaluate', model, join(folder, data), '--json', ...args);
      return JSON.parse(stdout);
    };
    return { folder, model, evaluate };
  }

  it('takes a folder that has only a test part, a lone part, several parts without a training part', async () => {
    const { folder, evaluate } = await setUp();
    await writeImages(join(folder, 'lone', 'test'), { cat: 3, dog: 2 });
    await writeImages(join(folder, 'two', 'test'), { cat: 3, dog: 2 });
    await writeImages(join(folder, 'two', 'val'), { owl: 4 }, 5);
    const lone = await evaluate('lone');
    expect(lone).toMatchObject({ examples: 5, part: 'all', dataset: { ownData: null, parts: { test: 5 } } });
    expect(lone.dataset).not.toHaveProperty('fingerprint');
    expect(await evaluate('lone', '--part', 'test')).toMatchObject({ examples: 5, part: 'test' });
    expect(await evaluate(join('lone', 'test'))).toMatchObject({ examples: 5, accuracy: lone.accuracy });
    expect(await evaluate(join('two', 'val'))).toMatchObject({ examples: 4 });
    expect(await evaluate('two')).toMatchObject({ examples: 9, dataset: { parts: { validation: 4, test: 5 } } });
    expect(await evaluate('two', '--part', 'validation')).toMatchObject({ examples: 4, classes: [{ name: 'owl' }] });
  });

  it('takes a lone test part of arrays, in a folder, an archive or files', async () => {
    const { folder } = await setUp();
    const model = join(folder, 'digits.onnx');
    writeFileSync(model, smallModel('4-4-max', SHAPE, ['0', '1', '2']).bytes);
    const examples = randomExamples(12, SHAPE, 2);
    await writeIdxPair(join(folder, 'idx'), 't10k', examples, SHAPE);
    await writeIn(folder, 'csv/test.csv', encodeCsv(examples, SHAPE));
    const { 'x_train.npy': x = NOTHING, 'y_train.npy': y = NOTHING } = npzEntries(examples, undefined, SHAPE);
    await writeNpz(folder, 'arrays.npz', { 'x_test.npy': x, 'y_test.npy': y });
    const rows = encodeParquet(await parquetImages(examples, SHAPE));
    await writeIn(folder, 'parquet/test-00000-of-00001.parquet', rows);
    for (const data of ['idx', 'csv', 'arrays.npz', 'parquet']) {
      const { stdout, stderr } = await runInProcess('evaluate', model, join(folder, data), '--part', 'test', '--json');
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toMatchObject({ examples: 12, dataset: { parts: { test: 12 } } });
      const { code } = await runInProcess('data', join(folder, data));
      expect(code).toBe(2);
    }
  });

  it('prepares images as the model does, whatever their own content says', async () => {
    const { folder } = await setUp();
    const decided = { ground: 'white', pixelRange: { low: 0, high: 4095 } } as const;
    const model = join(folder, 'prepared.onnx');
    writeFileSync(model, smallModel('4-4-max', SHAPE, classes, { decided }).bytes);
    for (const [i, name] of ['cat', 'cat', 'dog', 'dog', 'owl', 'owl'].entries()) {
      const grey = Uint16Array.from({ length: 64 }, (_, at) => ((at + 9 * i) * 37) % 900);
      const raw = { width: 8, height: 8, channels: 1 } as const;
      const deep = await sharp(grey, { raw }).toColourspace('grey16').png().toBuffer();
      const clear = await sharp(await encodePng(noiseImages(1, SHAPE, i), SHAPE))
        .ensureAlpha(0.3)
        .png()
        .toBuffer();
      await writeIn(folder, join('data', name, `${i}.png`), i % 2 === 0 ? deep : clear);
    }
    const predicted = await runInProcess('predict', model, join(folder, 'data'), '--json', '--top', '3');
    const images: { file: string; top: { class: string; probability: number }[] }[] = JSON.parse(
      predicted.stdout,
    ).images;
    const losses = images.map(({ file, top }) => {
      const truth = basename(dirname(file));
      return -Math.log(top.find((answer) => answer.class === truth)?.probability ?? 0);
    });
    const { stdout } = await runInProcess('evaluate', model, join(folder, 'data'), '--json');
    expect(JSON.parse(stdout).loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss) / losses.length, 5);
  });

  it('labels images as the model does, and gives a class without images no row', async () => {
    const { folder, model, evaluate } = await setUp();
    await writeImages(join(folder, 'data'), { cat: 3, owl: 2 });
    const predicted = await runInProcess('predict', model, join(folder, 'data'), '--json');
    const images: { file: string; class: string }[] = JSON.parse(predicted.stdout).images;
    const right = images.filter((image) => basename(dirname(image.file)) === image.class).length;
    const result = await evaluate('data');
    expect(result.accuracy).toBe(right / 5);
    expect(result.classes).toMatchObject([
      { name: 'owl', examples: 2 },
      { name: 'cat', examples: 3 },
    ]);
    expect(result.predictedClasses).toEqual(classes);
    expect(result.confusion.map((row: number[]) => row.length)).toEqual([3, 3]);
    const { stdout } = await runInProcess('evaluate', model, join(folder, 'data'));
    expect(stdout).toMatch(/^note: No images of 1 class: dog\.$/m);
    expect(stdout).not.toMatch(/^dog/m);
    expect(stdout).toMatch(/^Data .*, all 5 images: no run beside the model tells whether it was trained on them$/m);
  });

  it('refuses classes that the model does not know, with both lists, unless another part has them', async () => {
    const { folder, model, evaluate } = await setUp();
    await writeImages(join(folder, 'data', 'train'), { cat: 3, fox: 2, wolf: 1 });
    await writeImages(join(folder, 'data', 'test'), { cat: 2, dog: 1 });
    const { code, stdout, stderr } = await runInProcess('evaluate', model, join(folder, 'data'));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /data has images of classes that .*model\.onnx does not know: fox \(2 images\), wolf \(1 image\); it tells owl, cat, dog apart: rename the classes /,
    );
    expect(await evaluate('data', '--part', 'test')).toMatchObject({ examples: 3 });
  });

  it('takes the flags that say where labels are', async () => {
    const { folder, evaluate } = await setUp();
    await writeImages(join(folder, 'data'), { images: 4 });
    const rows = [0, 1, 2, 3].map((i) => `images/${i}.png,${i % 2 === 0 ? 'cat' : 'dog'},${classes[i % 3]}`);
    writeFileSync(join(folder, 'data', 'table.csv'), ['file,label,seen', ...rows].join('\n'));
    const namesOf = ({ classes: found }: { classes: { name: string }[] }) => found.map(({ name }) => name);
    expect(namesOf(await evaluate('data'))).toEqual(['cat', 'dog']);
    expect(namesOf(await evaluate('data', '--label-column', 'seen'))).toEqual(['owl', 'cat', 'dog']);
  });
});
