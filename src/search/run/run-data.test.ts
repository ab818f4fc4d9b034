import { mkdir, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { randomExamples, temporaryFolder, writePngFolder } from '../../../test/support/data-fixtures.ts';
import { loadDataset } from '../../data/load-dataset.ts';
import { dataOfRun, loadRunData, reloadRunData } from './run-data.ts';

const SHAPE = { channels: 1, height: 4, width: 4 };

/** The data of a run in `then/pets`, seen from a working folder in which it is `pets`, which does not exist here. */
async function moved() {
  const folder = await temporaryFolder();
  const path = join(folder, 'then', 'pets');
  await writePngFolder(path, randomExamples(20, SHAPE, 2), SHAPE);
  const cacheDir = join(folder, 'cache');
  const { fingerprint } = await loadDataset(path, { cacheDir });
  const forget = () => rm(cacheDir, { recursive: true });
  return { folder, path, cacheDir, forget, fingerprint, dataset: { source: 'pets', path, fingerprint } };
}

const otherData = (path: string) => writePngFolder(path, randomExamples(20, SHAPE, 2, 9), SHAPE);

describe.each([
  ['loadRunData', loadRunData],
  ['reloadRunData', reloadRunData],
  ['dataOfRun', dataOfRun],
])('%s', (_, load) => {
  it('finds the data of a relative source where the run began', async () => {
    const { dataset, cacheDir, fingerprint, forget } = await moved();
    await forget();
    expect((await load({ dataset }, { cacheDir })).fingerprint).toBe(fingerprint);
  });

  it('takes the source seen from the working folder if the data has left its first place', async () => {
    const { folder, path, dataset, cacheDir, fingerprint, forget } = await moved();
    await forget();
    const now = join(folder, 'now', 'pets');
    await mkdir(join(folder, 'now'));
    await rename(path, now);
    const source = relative(process.cwd(), now);
    const pathThen = join(folder, 'pets');
    await otherData(pathThen);
    const found = await load({ dataset: { ...dataset, source, path: pathThen } }, { cacheDir });
    expect(found.fingerprint).toBe(fingerprint);
  });

  it('says where it looked and what cures it if the data is gone, also from the cache', async () => {
    const { path, dataset, cacheDir, forget } = await moved();
    await forget();
    await rm(path, { recursive: true });
    const loading = load({ dataset }, { cacheDir });
    await expect(loading).rejects.toThrow(
      `the data "pets" is gone: there is nothing at ${path} or ${join(process.cwd(), 'pets')}, and no copy in the cache; give the place where it lies now (dataset.source in config.json, or "auto-cnn resume RUN --data PATH")`,
    );
  });
});

describe('loadRunData', () => {
  it('names both fingerprints and the cures for data that has changed', async () => {
    const { path, dataset, cacheDir, fingerprint } = await moved();
    await otherData(path);
    await expect(loadRunData({ dataset }, { cacheDir })).rejects.toThrow(
      new RegExp(
        `^the data in ${path} is not what the configuration names: fingerprint \\w{64}, expected ${fingerprint}; restore the data, give the place of a copy \\(.*"auto-cnn resume RUN --data PATH"\\), or start a new search$`,
      ),
    );
  });

  it('ignores the recorded path once the source has been changed by hand, or the fingerprint is gone', async () => {
    const { folder, dataset, cacheDir } = await moved();
    const changed = { ...dataset, source: join(folder, 'nowhere') };
    await expect(loadRunData({ dataset: changed }, { cacheDir })).rejects.toThrow(/there is nothing at \S*nowhere,/);
    const { fingerprint: _, ...unchecked } = dataset;
    await expect(loadRunData({ dataset: unchecked }, { cacheDir })).rejects.toThrow(/No data set "pets"/);
  });
});
