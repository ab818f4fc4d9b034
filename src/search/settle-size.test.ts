// How large images are where nobody says it, by budget, number and source.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { toyDataset } from '../../test/support/toy-data.ts';
import { loadDataset } from '../data/load-dataset.ts';
import type { Dataset } from '../data/set/dataset.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import { InProcessEvaluator } from '../evaluation/node/in-process-evaluator.ts';
import { createRng } from '../random/rng.ts';
import type { SearchConfig, SearchConfigInput } from './config/config.ts';
import { createSearch, resumeSearch } from './create-search.ts';
import { resolveConfig } from './run/resolve-config.ts';
import { openRunFolder } from './run/run-folder.ts';
import { settleSize } from './settle-size.ts';

const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-size-'));
const cacheDir = join(folder, 'cache');
const photos = join(folder, 'photos');
const blurred = join(folder, 'blurred');
const runtime = await loadNodeRuntime();
await writePhotos(photos, 100);
await writePhotos(blurred, 5);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('settleSize', () => {
  const IMAGES = 5000;
  const data = { ...toyDataset(10, 10), shape: { channels: 3, height: 64, width: 64 } };
  const from = (height: number, width: number, detail?: number): Dataset => ({
    ...data,
    train: { ...data.train, count: IMAGES },
    sourceSize: { height, width, ...(detail !== undefined && { detail }) },
  });
  const photos480 = from(480, 640);
  const settle = (pixels: number, dataset: Dataset, changes: Partial<SearchConfigInput> = {}) => {
    const config = resolveConfig({ dataset: { source: 'photos' }, budget: '1e12flops', ...changes }, 'the test');
    return settleSize(config, dataset, async () => 1.2e6 * pixels * IMAGES);
  };
  const sideFor = async (...given: Parameters<typeof settle>): Promise<number | undefined> => {
    const settled = await settle(...given);
    expect(settled?.size.width).toBe(settled?.size.height);
    return settled?.size.width;
  };

  it.each([
    [96 ** 2 - 1, undefined],
    [96 ** 2, 96],
    [128 ** 2 - 1, 96],
    [128 ** 2, 128],
    [192 ** 2, 192],
    [1e9, 192],
  ])('with work for %i pixels of each image, images full of detail have sides of %s', async (pixels, side) => {
    expect(await sideFor(pixels, photos480)).toBe(side);
  });

  it('counts few images as 4,000, which are shown more often', async () => {
    const few = { ...photos480, train: { ...photos480.train, count: 50 } };
    expect(await sideFor((4000 / IMAGES) * 128 ** 2, few)).toBe(128);
    expect(await sideFor((4000 / IMAGES) * 128 ** 2 - 1, few)).toBe(96);
  });

  it('enlarges nothing', async () => {
    expect(await sideFor(1e9, from(70, 80))).toBe(80);
    expect(await sideFor(80 ** 2, from(70, 80))).toBe(80);
    expect(await sideFor(1e9, from(150, 20))).toBe(150);
    const { sourceSize: _, ...unknown } = photos480;
    expect(await sideFor(1e9, unknown)).toBeUndefined();
  });

  it('has no more pixels than show something', async () => {
    expect(await sideFor(1e9, from(480, 640, 96))).toBe(96);
    expect(await sideFor(1e9, from(80, 80, 96))).toBe(80);
    expect(await sideFor(1e9, from(480, 640, 64))).toBeUndefined();
    const small = { ...from(480, 640, 32), shape: { channels: 3, height: 32, width: 32 } };
    expect(await sideFor(1e9, small)).toBeUndefined();
  });

  it('says what was decided, why, and how to have it otherwise', async () => {
    expect((await settle(1e9, photos480))?.notice).toBe(
      'Images of 480 × 640 are brought to 192 × 192, not 64 × 64: they have the detail, and the budget the work; fewer pixels are more passes over them. --size 64x64 (dataset.size) overrules that.',
    );
  });

  it('is that of the run that this one starts from', async () => {
    const config = resolveConfig({ dataset: { source: 'photos' }, budget: '1e12flops' }, 'the test');
    const from = (height: number, width: number): SearchConfig => {
      const problem = { input: { channels: 3, height, width }, classes: 2, head: [], shortcut: 'always' as const };
      return { ...config, startFrom: { run: 'a', genomes: [], model: { sha256: 'b', genome: '8-8', problem } } };
    };
    const settled = await settleSize(from(96, 48), photos480, async () => 1);
    expect(settled?.size).toEqual({ height: 96, width: 48 });
    expect(settled?.notice).toContain('those of the run that this one starts from are');
    expect(await settleSize(from(64, 64), photos480, async () => 1e20)).toBeUndefined();
  });

  it.each<[string, Partial<SearchConfigInput>]>([
    ['a size', { dataset: { source: 'photos', size: { height: 64, width: 64 } } }],
    ['a genome', { genome: '8-8' }],
    ['no budget', { budget: undefined }],
  ])('leaves them as they are with %s', async (_, changes) => {
    expect(await sideFor(1e9, photos480, changes)).toBeUndefined();
    expect(await sideFor(1e9, photos480, { genome: 'auto' })).toBe(192);
  });
});

describe('a run with a budget', () => {
  const open: SearchConfigInput = { dataset: { source: photos }, budget: '6e13flops', tensorboard: false };

  /** Begins a run, and ends it before anything is trained. */
  async function begin(out: string, config: SearchConfigInput) {
    const evaluator = new InProcessEvaluator(runtime);
    const search = await createSearch(config, { out: join(folder, out), cacheDir, evaluator });
    return { notices: await noticesOf(search), config: openRunFolder(join(folder, out)).config };
  }

  it('brings photos to the size that it has the work for, says so, and keeps it', async () => {
    const { shape, sourceSize } = await loadDataset(photos, { cacheDir });
    expect(shape).toEqual({ channels: 1, height: 64, width: 64 });
    expect(sourceSize).toEqual({ height: 110, width: 100 });
    const first = await begin('first', open);
    expect(first.notices.join('\n')).toContain('Images of 110 × 100 are brought to 110 × 110, not 64 × 64');
    expect(first.config.dataset.size).toEqual({ height: 110, width: 110 });

    // From the cache, which has kept how large the images are in the source.
    expect((await begin('second', open)).config).toEqual(first.config);
    const stored = JSON.parse(readFileSync(join(folder, 'first', 'config.json'), 'utf8'));
    const repeated = await begin('repeated', stored);
    expect(repeated.config).toEqual(first.config);
    expect(repeated.notices.join()).not.toContain('brought to');
    const resumed = await resumeSearch(join(folder, 'first'), { cacheDir, evaluator: new InProcessEvaluator(runtime) });
    await noticesOf(resumed);
    expect(openRunFolder(join(folder, 'first')).config).toEqual(first.config);
  });

  it('leaves them at 64 × 64 where the budget is small', async () => {
    const { config, notices } = await begin('short', { ...open, budget: '1e12flops' });
    expect(config.dataset.size).toBeUndefined();
    expect(notices.join()).not.toContain('brought to');
  });

  it('leaves photos without detail at the fewer pixels that show all of them', async () => {
    const { shape, sourceSize } = await loadDataset(blurred, { cacheDir });
    expect(shape).toEqual({ channels: 1, height: 32, width: 32 });
    expect(sourceSize).toEqual({ height: 110, width: 100, detail: 32 });
    const { config, notices } = await begin('smooth', { ...open, dataset: { source: blurred } });
    expect(config.dataset.size).toBeUndefined();
    expect(notices.join()).not.toContain('brought to');
  });
});

async function noticesOf(search: Awaited<ReturnType<typeof createSearch>>): Promise<readonly string[]> {
  const notices: string[] = [];
  search.on('start', ({ notices: said }) => notices.push(...said));
  await search.run({ signal: AbortSignal.abort() }).catch(() => {});
  return notices;
}

/** Bright and dark photos of 110 × 100 pixels (height × width). */
async function writePhotos(path: string, contrast: number): Promise<void> {
  const rng = createRng(1);
  for (const [label, base] of Object.entries({ bright: 150, dark: 20 })) {
    mkdirSync(join(path, label), { recursive: true });
    for (let i = 0; i < 30; i++) {
      const pixels = Uint8Array.from({ length: 110 * 100 }, () => base + Math.floor(contrast * rng.uniform()));
      await sharp(pixels, { raw: { height: 110, width: 100, channels: 1 } })
        .png()
        .toFile(join(path, label, `${i}.png`));
    }
  }
}
