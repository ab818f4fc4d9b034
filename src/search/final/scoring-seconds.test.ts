import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/data-fixtures.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { noiseImages, smallModel } from '../../../test/support/small-model.ts';
import { openBackbone } from '../../backbone/open-backbone.ts';
import { buildDataset } from '../../data/build/build-dataset.ts';
import type { Runtime } from '../../engine/runtime.ts';
import { parseGenome } from '../../genome/text.ts';
import { endSeconds } from '../budget/apply-budget.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { scoringSeconds } from './scoring-seconds.ts';

const SHAPE = { channels: 3, height: 8, width: 8 };
const [RUN_MS, RUNS] = [40, 2];

function dataset(testImages: number) {
  const part = (count: number) => ({
    count,
    labels: Int32Array.from({ length: count }, (_, i) => i % 2),
    pixels: noiseImages(count, SHAPE),
  });
  return buildDataset({
    name: 'noise',
    shape: SHAPE,
    classes: ['a', 'b'],
    train: part(4),
    test: part(testImages),
    notes: [],
  });
}

async function extractor() {
  const path = join(await temporaryFolder(), 'model.onnx');
  writeFileSync(path, smallModel('8-8', SHAPE, ['a', 'b']).bytes);
  const preparation = { mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb' as const };
  const levels = { low: [0], high: [1] };
  return {
    backbone: await openBackbone(path),
    image: SHAPE,
    preparation,
    arrangement: 'vector' as const,
    shape: SHAPE,
    levels,
  };
}

describe('what scoring takes for an image', () => {
  /** Tells what each run was given, and takes its time for it. */
  function slowRuntime() {
    const shapes: (readonly number[] | undefined)[] = [];
    let open = 0;
    const slow: Runtime = {
      ...runtime,
      async createSession(model, options) {
        const session = await runtime.createSession(model, options);
        open++;
        return {
          ...session,
          async run(feeds, fetches) {
            shapes.push(feeds.image?.dims);
            await new Promise((resolve) => setTimeout(resolve, RUN_MS));
            return session.run(feeds, fetches);
          },
          async release() {
            open--;
            await session.release();
          },
        };
      },
    };
    return { loadRuntime: async () => slow, shapes, isOpen: () => open > 0 };
  }

  const genome = parseGenome('8-8');
  const problem = { input: SHAPE, classes: 2 };
  // A timer may be a millisecond early.
  const least = (RUN_MS - 1) / 1000;

  it('is measured with the runtime that scores the model', async () => {
    const { loadRuntime, shapes, isOpen } = slowRuntime();
    const seconds = await scoringSeconds(
      { extractor: undefined, problem, dataset: dataset(1), loadRuntime },
      genome,
      2,
    );
    expect(shapes).toEqual(Array(RUNS).fill([32, 3, 8, 8]));
    expect(seconds.network).toBeGreaterThan(least / 32);
    expect(seconds.backbone).toBe(0);
    expect(isOpen()).toBe(false);
  });

  it('is measured for a backbone on a few test images, and for the network on made-up features', async () => {
    const { loadRuntime, shapes, isOpen } = slowRuntime();
    const behind = { input: { channels: 6, height: 1, width: 1 }, classes: 2 };
    const run = { extractor: await extractor(), problem: behind, loadRuntime };
    const { network, backbone } = await scoringSeconds({ ...run, dataset: dataset(100) }, [], 1);
    expect(shapes).toEqual([...Array(RUNS).fill([32, 6, 1, 1]), ...Array(RUNS).fill([8, 3, 8, 8])]);
    expect(network).toBeGreaterThan(least / 32);
    expect(backbone).toBeGreaterThan(least / 8);
    await scoringSeconds({ ...run, dataset: dataset(1) }, [], 1);
    expect(shapes.at(-1)).toEqual([1, 3, 8, 8]);
    expect(isOpen()).toBe(false);
  });

  it('is left for each network and each file that is scored on the test images', () => {
    const end = (
      changes: { readonly ensemble?: number; readonly repeats?: number },
      network: number,
      backbone: number,
    ) =>
      endSeconds(resolveConfig({ dataset: { source: 'photos' }, ...changes }, 'the test'), 50, { network, backbone });
    const extra = (changes: Parameters<typeof end>[0]) =>
      [end(changes, 0.5, 0), end(changes, 0, 0.5)].map((seconds) => seconds - end(changes, 0, 0));
    expect(extra({})).toEqual([25, 25]);
    // The model, and each of its members alone.
    expect(extra({ ensemble: 3 })).toEqual([150, 100]);
    expect(extra({ repeats: 2 })).toEqual([50, 50]);
  });
});
