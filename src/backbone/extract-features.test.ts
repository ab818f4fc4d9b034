import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/data-fixtures.ts';
import { noiseImages, smallModel } from '../../test/support/small-model.ts';
import { buildDataset } from '../data/build/build-dataset.ts';
import { type Dataset, imageSizeOf } from '../data/set/dataset.ts';
import type { Dimension } from '../network/graph/tensor-type.ts';
import { tensor } from '../network/graph/tensor-type.ts';
import { ints, OnnxBuilder } from '../network/lowering/onnx-graph.ts';
import { encodeOnnx } from '../network/onnx/onnx-bytes.ts';
import { rewriteMessage } from '../network/onnx/rewrite-message.ts';
import { extractFeatures } from './extract-features.ts';
import { openBackbone } from './open-backbone.ts';

/** Children run the built script: this test file itself is TypeScript. */
const script = new URL('../../dist/backbone/worker.js', import.meta.url);
const SHAPE = { channels: 3, height: 4, width: 4 };
const PREPARATION = { mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb' } as const;

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-features-'));
let images: Dataset;
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => {
  const part = (count: number, seed: number) => {
    const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
    return { count, labels, pixels: noiseImages(count, SHAPE, seed) };
  };
  const parts = { train: part(40, 1), validation: part(10, 2), test: part(20, 3) };
  images = buildDataset({ name: 'noise', shape: SHAPE, classes: ['a', 'b'], ...parts, notes: [] });
});

async function extract(path: string, children = 1, cacheDir?: string, output?: string) {
  const progress: string[] = [];
  const backbone = await openBackbone(path, output);
  const source = { backbone, image: SHAPE, preparation: PREPARATION };
  const onProgress = (done: number, total: number) => progress.push(`${done}/${total}`);
  const cache = cacheDir ?? (await temporaryFolder());
  const options = { children, path, script, withTest: false, cacheDir: cache, onProgress };
  return { ...(await extractFeatures(images, source, options)), progress };
}

/** A file with one input, whose output `out` the nodes compute. */
function backboneOf(
  name: string,
  nodes: (onnx: OnnxBuilder) => void,
  shape: readonly Dimension[] = ['N', 3, 4, 4],
  others: readonly string[] = [],
): string {
  const onnx = new OnnxBuilder();
  nodes(onnx);
  const inputs = ['in', ...others].map((input) => ({ name: input, type: tensor('float32', ...shape) }));
  const outputs = [{ name: 'out', type: tensor('float32', ...shape) }];
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, encodeOnnx({ inputs, outputs, nodes: onnx.nodes, constants: onnx.constants }));
  return path;
}

describe('extractFeatures', () => {
  it('gives the same bits with any number of children, and computes them once', async () => {
    const path = join(folder, 'model.onnx');
    writeFileSync(path, smallModel('8-8-max-8-8', SHAPE, ['a', 'b', 'c']).bytes);
    const cache = await temporaryFolder();
    const first = await extract(path, 1, cache);
    expect(first.features.shape).toEqual({ channels: 8, height: 2, width: 2 });
    expect(first.progress.at(-1)).toBe('50/50');
    expect(first.features.test.count).toBe(0);
    const { features } = await extract(path, 3);
    expect(features).toEqual(first.features);
    const again = await extract(path, 1, cache);
    expect(again.progress).toEqual([]);
    expect(again.features.fingerprint).toBe(features.fingerprint);
    expect(again.extractor.levels).toEqual(first.extractor.levels);
    const other = await extract(path, 1, cache, 'probabilities');
    expect(other.progress).not.toEqual([]);
    expect(other.features.shape).toEqual({ channels: 3, height: 1, width: 1 });
  });

  it.each(['nchw', 'nhwc'] as const)(
    'keeps the bytes of images that a backbone passes on as %s',
    async (arrangement) => {
      const shape = arrangement === 'nchw' ? (['N', 3, 4, 4] as const) : (['N', 4, 4, 3] as const);
      const path = backboneOf(arrangement, (onnx) => onnx.addNamed('Mul', ['in', onnx.scalar(3)], ['out']), shape);
      const { features, extractor } = await extract(path);
      expect(extractor.arrangement).toBe(arrangement);
      const { low, high } = extractor.levels;
      const plane = SHAPE.height * SHAPE.width;
      const expected = Array.from(images.train.pixels as Uint8Array, (value, i) => {
        const channel = Math.floor(i / plane) % 3;
        const [least = 0, most = 1] = [low[channel], high[channel]];
        return Math.round(((value * 3) / 255 - least) * (255 / (most - least)));
      });
      expect(features.train.labels).toEqual(images.train.labels);
      expect(features.train.pixels).toHaveLength(40 * imageSizeOf(SHAPE));
      for (const [i, value] of (features.train.pixels as Uint8Array).entries()) {
        expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThanOrEqual(1);
      }
    },
  );

  it.each<[string, RegExp, () => string]>([
    [
      'two inputs',
      /must have one input, the images, for the value out; it has in and more/,
      () => backboneOf('two', (onnx) => onnx.addNamed('Add', ['in', 'more'], ['out']), ['N', 3, 4, 4], ['more']),
    ],
    [
      'a fixed number of images',
      /the input in of \[1, 3, 4, 4\]: exactly 1 at a time; export it again with dynamic_axes/,
      () => backboneOf('fixed', (onnx) => onnx.addNamed('Relu', ['in'], ['out']), [1, 3, 4, 4]),
    ],
    [
      'five channels',
      /the input in of \[dynamic, 5, 4, 4\], which must have 1 or 3 channels/,
      () => backboneOf('five', (onnx) => onnx.addNamed('Relu', ['in'], ['out']), ['N', 5, 4, 4]),
    ],
    [
      'an old operator set',
      /has the operator set 9; it must be from 11 to 24; export it again with opset_version=17/,
      () => changed('old', { 8: () => Uint8Array.of(0x10, 9) }),
    ],
    [
      'weights in another file',
      /keeps its weights elsewhere in another file; export it again with all in one file/,
      () =>
        // An initialiser with external data.
        changed('external', {
          7: (graph) => Buffer.concat([graph, Buffer.from('\x2a\x12\x42\x09elsewhere\x6a\x05\x0a\x03abc', 'latin1')]),
        }),
    ],
    [
      'text',
      /text.onnx is not an ONNX file, or damaged/,
      () => {
        writeFileSync(join(folder, 'text.onnx'), 'these are no weights');
        return join(folder, 'text.onnx');
      },
    ],
    [
      'images that depend on each other',
      /its value out depends on what other images are computed with it/,
      () =>
        backboneOf('mixing', (onnx) => {
          const mean = onnx.add('ReduceMean', ['in'], { axes: ints(0), keepdims: { kind: 'int', value: 1 } });
          onnx.addNamed('Sub', ['in', mean], ['out']);
        }),
    ],
    [
      'infinite values',
      /gives values that are not finite; check --backbone-mean and --backbone-std/,
      () => backboneOf('infinite', (onnx) => onnx.addNamed('Div', ['in', onnx.scalar(0)], ['out'])),
    ],
    [
      'one answer for all',
      /gives the same for all images/,
      () => backboneOf('constant', (onnx) => onnx.addNamed('Mul', ['in', onnx.scalar(0)], ['out'])),
    ],
    [
      'too much memory',
      /ended its process, which may hold [\d,]+ MiB; use a smaller network/,
      () =>
        backboneOf('greedy', (onnx) => {
          const large = onnx.add('Expand', [
            onnx.add('Reshape', ['in', onnx.integers(-1, 48, 1)]),
            onnx.integers(1, 48, 2 ** 24),
          ]);
          onnx.addNamed('ReduceMax', [onnx.add('Exp', [large])], ['out'], { axes: ints(2) });
        }),
    ],
  ])('refuses a backbone with %s', { timeout: 60_000 }, async (_, message, make) => {
    // Of so many children, each may hold the least: 1 GiB.
    await expect(extract(make(), 1000)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });
});

/** A good backbone with another field. */
function changed(name: string, changes: Parameters<typeof rewriteMessage>[1]): string {
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, rewriteMessage(smallModel('8-8', SHAPE, ['a', 'b']).bytes, changes));
  return path;
}
