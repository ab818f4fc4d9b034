// Whether a model also looks at the mirror image: decided by validation images, here counted once more from the probabilities
// of a model that looks once.

import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pixelsOf, writeIdxPair } from '../../../test/support/data-fixtures.ts';
import { mirrored as mirrorOf } from '../../../test/support/small-model.ts';
import { loadDataset } from '../../data/load-dataset.ts';
import { imageSizeOf, selectExamples } from '../../data/set/dataset.ts';
import { loadNodeRuntime } from '../../engine/node/onnxruntime-node.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../evaluation/node/in-process-evaluator.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import { fileStorage } from '../../files/file-storage.ts';
import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import { createRng } from '../../random/rng.ts';
import type { SearchConfigInput } from '../config/config.ts';
import { createSearch } from '../create-search.ts';
import { buildModel } from '../model/build-model.ts';
import { readModelFile } from '../trained/model-file.ts';
import { partsOf, scoreModel } from '../trained/model-parts.ts';
import { heldOutImages } from './choose-augmentation.ts';

const SHAPE = { channels: 1, height: 8, width: 8 };
const CLASSES = 4;
const PROBLEM = { input: SHAPE, classes: CLASSES };
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-views-'));
const source = join(folder, 'rows');
const runtime = await loadNodeRuntime();
const TRAINING = { genome: '4-4-max-8-8', budget: '6e10flops', roundSteps: 100, tensorboard: false };
let runs = 0;

beforeAll(async () => {
  await writeIdxPair(source, 'train', brightRows(1000, 1), SHAPE);
  await writeIdxPair(source, 't10k', brightRows(80, 2), SHAPE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('views', () => {
  it.each([1, 5])('are two if they classify more validation images rightly, with seed %i', async (seed) => {
    const { config, summary, out, probes } = await train({ seed });
    expect(config.finalTraining?.augmentation).toMatchObject({ horizontalFlip: 'alternating' });
    expect(probes).toHaveLength(1);
    const [once, twice] = await rightAnswers(probes[0] as Probe);
    expect(config.views).toBe(twice > once ? 2 : 1);
    expect(summary.views).toBe(config.views === 2 ? 2 : undefined);

    const repeated = await train(config);
    expect(repeated.probes).toEqual([]);
    expect(readFileSync(join(repeated.out, 'model.onnx'))).toEqual(readFileSync(join(out, 'model.onnx')));
  });

  it('are as many as asked for: the model has them, and its FLOPs count them', async () => {
    const [twice, once] = [await train({ views: 2 }), await train({ views: 1 })];
    const path = join(twice.out, 'model.onnx');
    const parts = partsOf(await readModelFile(path));
    expect(parts.views).toBe(2);
    const { flops } = estimateCost(parseGenome(TRAINING.genome), parts.network.problem);
    expect([twice.summary.flops, once.summary.flops]).toEqual([2 * flops, flops]);
    expect(twice.summary.testAccuracy).toBe((await scoreModel(parts.bytes, path, await loadDataset(source))).accuracy);
    expect(readFileSync(join(twice.out, 'MODEL.md'), 'utf8')).toContain('looks at the image and at its mirror image');
    expect(readFileSync(join(once.out, 'MODEL.md'), 'utf8')).not.toContain('mirror image');
  });

  it('count where FLOPs are limited or an objective', async () => {
    const search = { population: 3, generations: 1, training: { epochs: 1 }, finalEpochs: 1, tensorboard: false };
    const space = { channels: [2, 4], maxDepth: 2 };
    const { summary } = await train({
      ...search,
      ...{ genome: undefined, budget: undefined, views: 2, objectives: ['accuracy', 'flops'] },
      searchSpace: { ...space, maxFlops: 40_000 },
    });
    expect(summary.flops).toBeLessThanOrEqual(40_000);
    for (const { genome, flops } of summary.pareto ?? []) {
      expect(flops).toBe(2 * estimateCost(parseGenome(genome), PROBLEM).flops);
    }
    expect(summary.pareto).toContainEqual(expect.objectContaining({ flops: summary.flops }));
  });
});

interface Probe {
  readonly task: EvaluationTask;
  /** A copy of its weights. */
  readonly checkpoint: string;
}

async function train(given: Partial<SearchConfigInput>) {
  const out = join(folder, `run ${runs++}`);
  const probes: Probe[] = [];
  const trainer = new InProcessEvaluator(runtime);
  const evaluator: Evaluator = {
    concurrency: 1,
    async evaluate(task, options) {
      const outcome = await trainer.evaluate(task, options);
      if (task.selection.purpose === 'search') {
        const checkpoint = `${out}.${probes.length}.safetensors`;
        copyFileSync(task.checkpointPath ?? '', checkpoint);
        probes.push({ task, checkpoint });
      }
      return outcome;
    },
    close: () => trainer.close(),
  };
  const config = { dataset: { source }, ...TRAINING, ...given };
  const summary = await (await createSearch(config, { out, evaluator })).run();
  const decided: SearchConfigInput = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  return { out, probes, summary, config: decided };
}

/** How many validation images the network of a probe classifies rightly by one look, and by the mean of two. */
async function rightAnswers({ task, checkpoint }: Probe): Promise<readonly [once: number, twice: number]> {
  const dataset = await loadDataset(source);
  const { examples, validation } = heldOutImages(dataset, task.selection);
  const selected = selectExamples(examples, imageSizeOf(SHAPE), validation);
  const [pixels, { labels }] = [pixelsOf(selected), selected];
  const run = { storage: fileStorage, problem: PROBLEM, dataset };
  const model = await DeployedModel.load(runtime, await buildModel(task.genome, run, checkpoint), checkpoint);
  const looks = [pixels, mirrorOf(pixels, SHAPE)].map((images) => model.predict(images, SHAPE));
  const [once, mirrored] = (await Promise.all(looks)).map(({ probabilities }) => probabilities);
  await model.release();
  const countRight = (scoreOf: (at: number) => number) =>
    labels.filter((label, image) => {
      const scores = Array.from({ length: CLASSES }, (_, k) => scoreOf(image * CLASSES + k));
      return scores.indexOf(Math.max(...scores)) === label;
    }).length;
  return [countRight((at) => once?.[at] ?? 0), countRight((at) => (once?.[at] ?? 0) * (mirrored?.[at] ?? 0))];
}

/** Noise with one bright row that tells the class, the same in the mirror. */
function brightRows(count: number, seed: number) {
  const rng = createRng(seed);
  const size = imageSizeOf(SHAPE);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  const pixels = Uint8Array.from({ length: count * size }, (_, i) => {
    const isBright = Math.floor((i % size) / SHAPE.width) === 2 * (labels[Math.floor(i / size)] ?? 0);
    return rng.integer(0, isBright ? 255 : 170);
  });
  return { count, pixels, labels };
}
