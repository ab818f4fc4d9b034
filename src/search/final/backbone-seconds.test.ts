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
import { backboneSeconds } from './backbone-seconds.ts';

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

describe('what a backbone takes for an image', () => {
  it('is measured on a few test images with the runtime that scores the model', async () => {
    const counts: unknown[] = [];
    let open = 0;
    const slow: Runtime = {
      ...runtime,
      async createSession(model, options) {
        const session = await runtime.createSession(model, options);
        open++;
        return {
          ...session,
          async run(feeds, fetches) {
            counts.push(feeds.image?.dims[0]);
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
    const run = { extractor: await extractor(), loadRuntime: async () => slow };
    const each = await backboneSeconds({ ...run, dataset: dataset(100) });
    expect(counts).toEqual(Array(RUNS).fill(8));
    // A timer may be a millisecond early.
    expect(each).toBeGreaterThan((RUN_MS - 1) / 1000 / 8);
    const alone = await backboneSeconds({ ...run, dataset: dataset(1) });
    expect(counts.slice(RUNS)).toEqual(Array(RUNS).fill(1));
    expect(alone).toBeGreaterThan(each);
    expect(open).toBe(0);
  });

  it('is nothing where there is none', async () => {
    const loadRuntime = () => Promise.reject(new Error('not needed'));
    expect(await backboneSeconds({ dataset: dataset(100), extractor: undefined, loadRuntime })).toBe(0);
  });

  it('is left for each file that is scored on the test images', () => {
    const genome = parseGenome('8-8');
    const data = { trainExamples: 100, testExamples: 50, problem: { input: SHAPE, classes: 2 } };
    const extra = (changes: { readonly ensemble?: number; readonly repeats?: number }): number => {
      const budget = { seconds: 60, rate: 1e10 };
      const config = resolveConfig({ dataset: { source: 'photos' }, budget, ...changes }, 'the test');
      return endSeconds(config, data, genome, 0.5) - endSeconds(config, data, genome);
    };
    expect(extra({})).toBeCloseTo(25);
    // The model, and each of its members alone.
    expect(extra({ ensemble: 3 })).toBeCloseTo(100);
    expect(extra({ repeats: 2 })).toBeCloseTo(50);
  });
});
