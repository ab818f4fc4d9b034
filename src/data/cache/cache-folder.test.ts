import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { randomExamples, temporaryFolder, writeIn } from '../../../test/support/data-fixtures.ts';
import { buildDataset } from '../build/build-dataset.ts';
import { ensurePacked, packedDatasetPath, resolveCacheDir } from './cache-folder.ts';
import { readPackedDataset } from './packed-file.ts';

const shape = { channels: 1, height: 2, width: 2 };
const train = randomExamples(9, shape, 2);
const dataset = buildDataset({ name: 'x', shape, classes: ['a', 'b'], train, notes: [] });

beforeEach(() => {
  vi.stubEnv('AUTO_CNN_CACHE', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('resolveCacheDir', () => {
  it('prefers the argument, then AUTO_CNN_CACHE, then the cache folder of the user', async () => {
    const folder = await temporaryFolder();
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'xdg'));
    if (process.platform !== 'win32') expect(await resolveCacheDir()).toBe(join(folder, 'xdg', 'auto-cnn'));
    vi.stubEnv('AUTO_CNN_CACHE', join(folder, 'variable'));
    expect(await resolveCacheDir()).toBe(join(folder, 'variable'));
    expect(await resolveCacheDir(join(folder, 'argument'))).toBe(join(folder, 'argument'));
  });

  it.skipIf(process.platform === 'win32')(
    'falls back to temporary files if the default cannot be written',
    async () => {
      const file = await writeIn(await temporaryFolder(), 'file', '');
      vi.stubEnv('XDG_CACHE_HOME', file);
      expect(await resolveCacheDir()).toContain(join(tmpdir(), 'auto-cnn-'));
    },
  );

  it('refuses a folder that was asked for and cannot be written', async () => {
    const file = await writeIn(await temporaryFolder(), 'file', '');
    await expect(resolveCacheDir(join(file, 'cache'))).rejects.toThrow(
      `Cannot write to the cache folder ${join(file, 'cache')}: a part of the path is a file, not a folder; check the path.`,
    );
  });
});

describe('ensurePacked', () => {
  it('writes the data set under its fingerprint, once', async () => {
    const folder = await temporaryFolder();
    const path = await ensurePacked(dataset, folder);
    expect(path).toBe(packedDatasetPath(dataset.fingerprint, folder));
    expect(await readPackedDataset(path)).toEqual(dataset);
    await ensurePacked({ ...dataset, name: 'the same images' }, folder);
    expect((await readPackedDataset(path)).name).toBe('x');
  });

  it('writes it again if it is damaged or gone', async () => {
    const folder = await temporaryFolder();
    const path = await ensurePacked(dataset, folder);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, 100));
    await ensurePacked(dataset, folder);
    expect(await readFile(path)).toEqual(whole);
    await rm(path);
    await ensurePacked(dataset, folder);
    expect(await readFile(path)).toEqual(whole);
  });
});
