import { describe, expect, it } from 'vitest';
import { readOnnx } from '../../../test/support/read-onnx.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { noiseImages, type SmallModel, smallModel } from '../../../test/support/small-model.ts';
import { imageSizeOf } from '../../data/set/dataset.ts';
import type { HeadLayer } from '../../genome/head.ts';
import type { ImageShape } from '../../genome/image-shape.ts';
import { compileDeployable } from '../deployable-graph.ts';
import { rewriteMessage } from '../onnx/rewrite-message.ts';
import { readBackbone } from './backbone.ts';
import {
  byteScale,
  encodeExtractor,
  FEATURES,
  type FeatureExtractor,
  joinClassifier,
  type PixelPreparation,
} from './feature-model.ts';

const IMAGE = { channels: 3, height: 8, width: 8 };
const GAP: readonly HeadLayer[] = [
  { type: 'globalAveragePooling' },
  { type: 'dense', units: 'classes', activation: 'softmax' },
];
const RAW = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255], order: 'rgb' } as const;
const CLASSES = ['a', 'b', 'c', 'd'];

/** The named outputs of a model, for images as they are. */
async function run(bytes: Uint8Array, pixels: ArrayLike<number>, shape: ImageShape, ...names: string[]) {
  const session = await runtime.createSession(bytes);
  const dims = [pixels.length / imageSizeOf(shape), shape.channels, shape.height, shape.width];
  const feeds = { image: runtime.createTensor('float32', Float32Array.from(pixels), dims) };
  const outputs = await session.run(feeds, Object.fromEntries(names.map((name) => [name, null])));
  await session.release();
  return names.map((name) => ({ dims: outputs[name]?.dims ?? [], data: outputs[name]?.data as Float32Array }));
}

/** A made-up classifier behind the features of a model, and the levels that eight images give. */
async function extractorOf(
  { bytes }: Pick<SmallModel, 'bytes'>,
  images: Uint8Array,
  preparation: PixelPreparation = RAW,
  output?: string,
) {
  const source = { backbone: readBackbone(bytes, 'model.onnx', output), image: IMAGE, preparation };
  const [features] = await run(encodeExtractor(source), images, IMAGE, FEATURES);
  const { dims = [], data = new Float32Array() } = features ?? {};
  const [, channels = 0, height = 1, width = 1] = dims;
  const shape = { channels, height, width };
  const valuesOf = (channel: number) => data.filter((_, i) => Math.floor(i / (height * width)) % channels === channel);
  const channelsOf = (pick: (...values: number[]) => number) =>
    Array.from({ length: channels }, (_, channel) => pick(...valuesOf(channel)));
  const levels = { low: channelsOf(Math.min), high: channelsOf(Math.max) };
  const arrangement = dims.length === 2 ? ('vector' as const) : ('nchw' as const);
  const extractor: FeatureExtractor = { ...source, arrangement, shape, levels };
  return { extractor, features: data, dims };
}

/** The file with another version of the standard operators. */
function withOperatorSet(bytes: Uint8Array, version: number): Uint8Array {
  return rewriteMessage(bytes, { 8: () => Uint8Array.of(0x10, version) });
}

describe('joinClassifier', () => {
  it.each([
    { name: 'feature maps', genome: '8-8-max-8-16', head: undefined, output: undefined, dims: [8, 16, 4, 4] },
    { name: 'pooled features', genome: '8-8-max-8-16', head: GAP, output: undefined, dims: [8, 16, 1, 1] },
    { name: 'a vector by name', genome: '8-8', head: undefined, output: 'probabilities', dims: [8, 4] },
  ])('answers as backbone and classifier do one after the other: $name', async ({ genome, head, output, dims }) => {
    const images = noiseImages(8, IMAGE);
    const model = smallModel(genome, IMAGE, CLASSES, head && { head });
    const { extractor, features, dims: found } = await extractorOf(model, images, RAW, output);
    expect(found).toEqual(dims);
    const { shape, levels } = extractor;
    const { network, state } = smallModel('4-4', shape, ['x', 'y']);
    const joined = joinClassifier(extractor, compileDeployable(network, state));

    const { scale, shift } = byteScale(levels);
    const plane = shape.height * shape.width;
    const bytes = features.map((value, i) => {
      const channel = Math.floor(i / plane) % shape.channels;
      return Math.min(255, Math.max(0, value * (scale[channel] ?? 0) + (shift[channel] ?? 0)));
    });
    const [alone] = await run(smallModel('4-4', shape, ['x', 'y']).bytes, bytes, shape, 'probabilities');
    const [together] = await run(joined, images, IMAGE, 'probabilities');
    expect(together?.data.length).toBe(16);
    expect(new Set(together?.data).size).toBeGreaterThan(8);
    for (const [i, value] of (together?.data ?? []).entries()) expect(value).toBeCloseTo(alone?.data[i] ?? NaN, 5);
  });

  it.each([11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24])(
    'gives the same answers with the standard operators of version %i',
    async (version) => {
      const images = noiseImages(8, IMAGE);
      const { network, state } = smallModel('4-4-mean-4-4', { channels: 16, height: 4, width: 4 }, ['x', 'y'], {
        head: GAP,
      });
      const answers = async (bytes: Uint8Array) => {
        const { extractor } = await extractorOf({ bytes }, images);
        const joined = joinClassifier(extractor, compileDeployable(network, state, 1));
        return run(joined, images, IMAGE, 'probabilities', 'label');
      };
      const { bytes } = smallModel('8-8-max-8-16', IMAGE, CLASSES);
      const [expected, expectedLabel] = await answers(bytes);
      const [probabilities, label] = await answers(withOperatorSet(bytes, version));
      expect(label).toEqual(expectedLabel);
      for (const [i, value] of (probabilities?.data ?? []).entries()) {
        expect(value).toBeCloseTo(expected?.data[i] ?? NaN, 6);
      }
    },
  );

  it('takes a joined model as the next backbone', async () => {
    const images = noiseImages(8, IMAGE);
    const first = await extractorOf(smallModel('8-8-max-8-16', IMAGE, CLASSES), images);
    const middle = smallModel('4-8', first.extractor.shape, ['x', 'y']);
    const joined = joinClassifier(first.extractor, compileDeployable(middle.network, middle.state));
    const second = await extractorOf({ bytes: joined }, images);
    expect(second.dims).toEqual([8, 8, 4, 4]);
    const last = smallModel('4-4', second.extractor.shape, ['x', 'y', 'z']);
    const whole = joinClassifier(second.extractor, compileDeployable(last.network, last.state));
    const [probabilities] = await run(whole, images, IMAGE, 'probabilities');
    expect(probabilities?.dims).toEqual([8, 3]);
  });

  it('prepares pixels by mean, deviation and order of channels', async () => {
    const images = noiseImages(8, IMAGE);
    const model = smallModel('8-8', IMAGE, CLASSES);
    const bgr = images.map((_, i) => {
      const channel = Math.floor(i / 64) % 3;
      return images[i + (2 - 2 * channel) * 64] ?? 0;
    });
    const preparation = { mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4], order: 'bgr' } as const;
    const { features } = await extractorOf(model, images, preparation);
    const prepared = Float32Array.from(bgr, (value, i) => {
      const channel = Math.floor(i / 64) % 3;
      return (value / 255 - (preparation.mean[channel] ?? 0)) / (preparation.std[channel] ?? 1);
    });
    const source = { backbone: readBackbone(model.bytes, 'model.onnx'), image: IMAGE, preparation: RAW };
    const [expected] = await run(encodeExtractor(source), prepared, IMAGE, FEATURES);
    for (const [i, value] of features.entries()) expect(value).toBeCloseTo(expected?.data[i] ?? NaN, 3);
  });

  it.each([
    { name: 'feature maps', output: undefined },
    { name: 'a vector', output: 'probabilities' },
  ])('gives the mean of both views of an image, in every version of the operators: $name', async ({ output }) => {
    const images = noiseImages(8, IMAGE);
    const mirrored = images.map((_, i) => images[i - (i % 8) + 7 - (i % 8)] ?? 0);
    const { bytes } = smallModel('8-8-max-8-16', IMAGE, CLASSES);
    const [one, other] = await Promise.all([images, mirrored].map((each) => extractorOf({ bytes }, each, RAW, output)));
    const means = one?.features.map((value, i) => (value + (other?.features[i] ?? NaN)) / 2) ?? new Float32Array();
    expect(one?.features).not.toEqual(other?.features);
    for (const version of [11, 13, 17, 18, 24]) {
      const file = { bytes: withOperatorSet(bytes, version) };
      const both = await extractorOf(file, images, { ...RAW, views: 2 }, output);
      expect(both.dims).toEqual(one?.dims);
      for (const [i, value] of both.features.entries()) expect(value).toBeCloseTo(means[i] ?? NaN, 5);
      // The joined file says the same of an image and of its mirror image.
      const { network, state } = smallModel('4-4', both.extractor.shape, ['x', 'y']);
      const joined = joinClassifier(both.extractor, compileDeployable(network, state));
      const [left] = await run(joined, images, IMAGE, 'probabilities');
      const [right] = await run(joined, mirrored, IMAGE, 'probabilities');
      for (const [i, value] of (left?.data ?? []).entries()) expect(value).toBeCloseTo(right?.data[i] ?? NaN, 5);
    }
  });

  it('leaves out what the chosen value does not need', async () => {
    const { bytes } = smallModel('8-8-max-8-16', IMAGE, CLASSES);
    const { extractor } = await extractorOf({ bytes }, noiseImages(8, IMAGE));
    const pooled = readOnnx(bytes).graph.nodes.find(({ opType }) => opType === 'MaxPool')?.outputs[0];
    const early = readBackbone(bytes, 'model.onnx', pooled);
    const { nodes } = readOnnx(encodeExtractor({ ...extractor, backbone: early })).graph;
    expect(nodes.map(({ opType }) => opType)).not.toContain('Gemm');
    expect(nodes.filter(({ opType }) => opType === 'Conv')).toHaveLength(3);
  });
});
