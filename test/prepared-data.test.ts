// What is decided about the images of a data set goes with them: through the cache, a training, predict and exports.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { loadDataset } from '../src/data/load-dataset.ts';
import { type Examples, readImages } from '../src/data/set/dataset.ts';
import { DeployedModel } from '../src/engine/scoring/deployed-model.ts';
import { InProcessEvaluator } from '../src/evaluation/node/in-process-evaluator.ts';
import { exportModel } from '../src/export/export-model.ts';
import { createRng } from '../src/random/rng.ts';
import { createSearch } from '../src/search/create-search.ts';
import { readModelFile } from '../src/search/trained/model-file.ts';
import { predictFiles } from '../src/search/trained/predict-files.ts';
import { imagesToScore } from '../src/search/trained/scored-images.ts';
import { temporaryFolder, writeIn } from './support/data-fixtures.ts';
import { drawing, encodeDeepPng } from './support/image-fixtures.ts';
import { runtime } from './support/run-graph.ts';

const SIZE = { height: 8, width: 8 };
const rng = createRng('prepared data');

/** Of 12 bits in 16; the class tells which half is bright. */
const twelveBits = (label: number): Promise<Buffer> =>
  encodeDeepPng(
    Array.from({ length: 64 }, (_, i) => rng.integer(0, 1500) + (i < 32 === (label === 0) ? 2595 : 0)),
    SIZE,
  );
const blackDrawing = (label: number): Promise<Buffer> => drawing(rng.integer(0, 9) + 60 * label, SIZE);

const CASES = [
  {
    title: '12-bit images',
    encode: twelveBits,
    decided: { pixelRange: { low: 0, high: 4095 } },
    line: '0, 4095',
    // On its own it would be taken for 10 bits.
    other: () => encodeDeepPng(new Array(64).fill(1000), SIZE),
    first: 62,
  },
  {
    title: 'black drawings',
    encode: blackDrawing,
    decided: { ground: 'white' },
    line: 'GROUND = 255',
    // On its own it would be laid on black.
    other: () => drawing(200, SIZE),
    first: 255,
  },
] as const;

describe.each(CASES)('$title', ({ encode, decided, line, other, first: firstPixel }) => {
  it('are prepared alike from the cache to the export', async () => {
    const folder = await temporaryFolder();
    vi.stubEnv('AUTO_CNN_CACHE', join(folder, 'cache'));
    const [data, run] = [join(folder, 'data'), join(folder, 'run')];
    const files: string[] = [];
    for (let i = 0; i < 24; i++) {
      files.push(await writeIn(data, `${i % 2 === 0 ? 'cat' : 'dog'}/${i}.png`, await encode(i % 2)));
    }

    const first = await loadDataset(data);
    expect(first).toMatchObject(decided);
    const again = await loadDataset(data);
    expect({ ...again, train: undefined, test: undefined }).toEqual({ ...first, train: undefined, test: undefined });
    // Larger than memory: the examples stay in the packed file.
    expect(await loadDataset(data, { memoryLimitBytes: 0 })).toMatchObject(decided);

    const config = { dataset: { source: data }, genome: '4-4-max', finalEpochs: 1, training: { batchSize: 10 } };
    const search = await createSearch(config, { out: run, evaluator: new InProcessEvaluator(runtime) });
    await search.run();
    const { metadata, images } = await predictFiles(run, files);
    expect(metadata.preparation).toMatchObject(decided);

    const deployed = await DeployedModel.load(runtime, readFileSync(join(run, 'model.onnx')), 'model.onnx');
    const expected = await Promise.all([first.train, first.test].map(answers));
    await deployed.release();
    const predicted = images.map((image) => {
      if ('error' in image) throw new Error(image.error);
      const { probability = 2 } = image.ranking.find(({ className }) => className === 'cat') ?? {};
      return probability.toFixed(5);
    });
    expect(predicted.toSorted()).toEqual(expected.flat().toSorted());
    expect(new Set(predicted).size).toBeGreaterThan(2);

    await writeIn(folder, 'others/cat/1.png', await other());
    const scored = await imagesToScore(await readModelFile(run), join(folder, 'others'));
    expect(readImages(scored.examples, 64, 0, 1)[0]).toBe(firstPixel);

    const { folder: exported } = await exportModel(run, 'pytorch');
    expect(readFileSync(join(exported, 'model.py'), 'utf8')).toContain(line);
    vi.unstubAllEnvs();

    async function answers(examples: Examples): Promise<string[]> {
      const pixels = readImages(examples, 64, 0, examples.count);
      const { probabilities } = await deployed.predict(pixels, first.shape);
      return Array.from({ length: examples.count }, (_, i) => (probabilities[2 * i] ?? 2).toFixed(5));
    }
  });
});
