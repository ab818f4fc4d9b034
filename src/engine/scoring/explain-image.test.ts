import { describe, expect, it } from 'vitest';
import { runtime } from '../../../test/support/run-graph.ts';
import { noiseImages, smallModel } from '../../../test/support/small-model.ts';
import { type ImageShape, imageSizeOf } from '../../data/set/dataset.ts';
import { EngineError } from '../../errors.ts';
import { compileDeployable, type Views } from '../../network/deployable-graph.ts';
import { encodeOnnx } from '../../network/onnx/onnx-bytes.ts';
import { toMetadataProps } from '../../network/onnx/onnx-metadata.ts';
import { createNetwork } from '../../network/training-graph.ts';
import type { Runtime } from '../runtime.ts';
import { DeployedModel } from './deployed-model.ts';
import { explainImage } from './explain-image.ts';

interface Patch {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

const isIn = ({ top, left, side }: Patch, row: number, column: number): boolean =>
  row >= top && row < top + side && column >= left && column < left + side;

/** A linear network that sees class 1 in a bright patch, and is blind elsewhere. */
function patchModel(shape: ImageShape, patch: Patch | undefined, views: Views = 1): Uint8Array {
  const normalisation = { mean: Array(shape.channels).fill(0), std: Array(shape.channels).fill(255) };
  const network = createNetwork([], { input: shape, classes: 2 }, normalisation);
  const parameters = new Float32Array(network.layout.parameterCount);
  const weights = network.layout.parameters.find(({ name }) => name.endsWith('.weight'));
  const [rows = 0] = weights?.shape ?? [];
  const features = imageSizeOf(shape);
  for (let i = 0; i < features && patch !== undefined; i++) {
    const [row, column] = [Math.floor(i / shape.width) % shape.height, i % shape.width];
    const at = rows === features ? 2 * i + 1 : features + i;
    parameters[(weights?.offset ?? 0) + at] = isIn(patch, row, column) ? 8 / (patch.side ** 2 * shape.channels) : 0;
  }
  // Unsure where half of the patch is bright.
  const bias = network.layout.parameters.find(({ name }) => name.endsWith('.bias'));
  if (patch !== undefined) parameters[bias?.offset ?? 0] = 4;
  const state = { parameters, statistics: new Float32Array(network.layout.statisticCount) };
  const metadata = toMetadataProps({ classes: ['no', 'yes'], genome: '', version: '1.2.3' }, network, views);
  return encodeOnnx(compileDeployable(network, state, views), { metadata });
}

/** Dark grey, with a white patch. */
function patchImage({ channels, height, width }: ImageShape, patch: Patch): Uint8Array {
  return Uint8Array.from({ length: channels * height * width }, (_, i) =>
    isIn(patch, Math.floor(i / width) % height, i % width) ? 255 : 20,
  );
}

async function explain(bytes: Uint8Array, image: Uint8Array, shape: ImageShape, label = 1): Promise<Float32Array> {
  const model = await DeployedModel.load(runtime, bytes, 'm');
  try {
    return await explainImage(model, image, shape, label);
  } finally {
    await model.release();
  }
}

const indexOfMost = (values: Float32Array): number => values.indexOf(Math.max(...values));

describe('explainImage', () => {
  it.each([
    ['grey', { channels: 1, height: 28, width: 28 }, { top: 3, left: 20, side: 6 }],
    ['colour', { channels: 3, height: 32, width: 32 }, { top: 18, left: 4, side: 8 }],
    ['tiny', { channels: 1, height: 8, width: 8 }, { top: 5, left: 1, side: 2 }],
    ['wide', { channels: 3, height: 16, width: 60 }, { top: 4, left: 45, side: 8 }],
    ['large', { channels: 3, height: 96, width: 96 }, { top: 60, left: 10, side: 14 }],
  ])('points at what the class depends on, in %s images', async (_, shape, patch) => {
    const effects = await explain(patchModel(shape, patch), patchImage(shape, patch), shape);
    const { height, width } = shape;
    expect(effects).toHaveLength(height * width);
    const most = indexOfMost(effects);
    expect(isIn(patch, Math.floor(most / width), most % width)).toBe(true);
    const inside = [...effects].filter((_effect, i) => isIn(patch, Math.floor(i / width), i % width));
    const cell = Math.sqrt(height * width) / 7;
    const reach = { top: patch.top - 2 * cell, left: patch.left - 2 * cell, side: patch.side + 4 * cell };
    const far = [...effects].filter((_effect, i) => !isIn(reach, Math.floor(i / width), i % width));
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(inside)).toBeGreaterThan(0.2);
    expect(mean(far.map(Math.abs))).toBeLessThan(mean(inside) / 5);
  });

  it('counts what speaks against a class as below 0', async () => {
    const shape = { channels: 1, height: 28, width: 28 };
    const patch = { top: 3, left: 20, side: 6 };
    const [yes, no] = [1, 0].map((label) =>
      explain(patchModel(shape, patch), patchImage(shape, patch), shape, label),
    ) as [Promise<Float32Array>, Promise<Float32Array>];
    expect((await no).map((effect) => Math.round(-1e4 * effect))).toEqual(
      (await yes).map((effect) => Math.round(1e4 * effect)),
    );
  });

  it('finds the mirror image too where the model looks twice', async () => {
    const shape = { channels: 1, height: 28, width: 28 };
    const patch = { top: 3, left: 20, side: 6 };
    const image = patchImage(shape, { ...patch, left: 2 });
    const most = indexOfMost(await explain(patchModel(shape, patch, 2), image, shape));
    expect(isIn({ ...patch, left: 2 }, Math.floor(most / 28), most % 28)).toBe(true);
  });

  it('is 0 everywhere for a model that looks at nothing, and in an image without contrast', async () => {
    const shape = { channels: 3, height: 12, width: 10 };
    const nothing = await explain(patchModel(shape, undefined), noiseImages(1, shape), shape);
    expect(new Set(nothing)).toEqual(new Set([0]));
    const blank = new Uint8Array(imageSizeOf(shape)).fill(77);
    const effects = await explain(smallModel('4-4-max', shape, ['a', 'b']).bytes, blank, shape);
    expect(Math.max(...effects.map(Math.abs))).toBeLessThan(1e-6);
  });

  it('gives the same bits each time, whatever was asked before', async () => {
    const shape = { channels: 3, height: 20, width: 24 };
    const model = await DeployedModel.load(runtime, smallModel('8-8-max', shape, ['a', 'b', 'c']).bytes, 'm');
    const images = noiseImages(2, shape);
    const size = imageSizeOf(shape);
    const [first, second] = [images.subarray(0, size), images.subarray(size)];
    const alone = await explainImage(model, first, shape, 2);
    await explainImage(model, second, shape, 1);
    expect(await explainImage(model, first, shape, 2)).toEqual(alone);
    await model.release();
  });

  it('is what the answers to its masked images say, which come as opposite pairs', async () => {
    const shape = { channels: 1, height: 21, width: 14 };
    const asked: { readonly image: Float32Array; readonly probabilities: Float32Array }[] = [];
    const watched: Runtime = {
      ...runtime,
      async createSession(bytes) {
        const session = await runtime.createSession(bytes);
        return {
          ...session,
          release: () => session.release(),
          async run(feeds, fetches) {
            const outputs = await session.run(feeds, fetches);
            const image = Float32Array.from(feeds.image?.data as Float32Array);
            asked.push({ image, probabilities: outputs.probabilities?.data as Float32Array });
            return outputs;
          },
        };
      },
    };
    // Black and white, so that a masked pixel tells its mask; the mean is not that of a pixel.
    const image = noiseImages(1, shape).map((value) => (value % 3 === 0 ? 255 : 0));
    const model = await DeployedModel.load(watched, smallModel('4-4-max', shape, ['a', 'b', 'c']).bytes, 'm');
    const effects = await explainImage(model, image, shape, 1);
    await model.release();
    const size = imageSizeOf(shape);
    const mean = image.reduce((sum, value) => sum + value, 0) / size;
    const shown = asked.flatMap(({ image: batch, probabilities }) =>
      Array.from({ length: batch.length / size }, (_, i) => ({
        visible: Array.from(image, (value, at) => ((batch[i * size + at] ?? 0) - mean) / (value - mean)),
        probability: probabilities[3 * i + 1] ?? 0,
      })),
    );
    expect(shown).toHaveLength(400);
    const naive = Array.from(image, (_, at) => {
      const [seen, hidden] = [
        { weight: 0, sum: 0 },
        { weight: 0, sum: 0 },
      ];
      for (const { visible, probability } of shown) {
        const share = visible[at] ?? 0;
        seen.weight += share;
        seen.sum += share * probability;
        hidden.weight += 1 - share;
        hidden.sum += (1 - share) * probability;
      }
      return seen.sum / seen.weight - hidden.sum / hidden.weight;
    });
    const largest = (differences: Iterable<number>): number => Math.max(...Array.from(differences, Math.abs));
    expect(largest(effects.map((effect, at) => effect - (naive[at] ?? 0)))).toBeLessThan(1e-3);
    for (let pair = 0; pair < 400; pair += 2) {
      const other = shown[pair + 1]?.visible ?? [];
      const sums = shown[pair]?.visible.map((share, at) => share + (other[at] ?? 0)) ?? [];
      expect(largest(sums.map((sum) => sum - 1))).toBeLessThan(0.02);
    }
  });

  it('can be stopped, and refuses images of another shape', async () => {
    const shape = { channels: 1, height: 8, width: 8 };
    const model = await DeployedModel.load(runtime, smallModel('2-2', shape, ['a', 'b']).bytes, 'm');
    const image = noiseImages(1, shape);
    const stopped = explainImage(model, image, shape, 0, AbortSignal.abort(new Error('enough')));
    await expect(stopped).rejects.toThrow('enough');
    await expect(explainImage(model, image, { channels: 1, height: 4, width: 16 }, 0)).rejects.toThrow(EngineError);
    await model.release();
  });
});
