import { closeSync, openSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { randomExamples, temporaryFolder } from '../../../test/support/data-fixtures.ts';
import { DataFormatError } from '../../errors.ts';
import { buildDataset } from '../build/build-dataset.ts';
import { type Examples, imageSizeOf, readImages } from '../set/dataset.ts';
import { ensurePacked } from './cache-folder.ts';
import { findIntact, openFileState } from './intact-files.ts';
import { readPackedDataset, writePackedDataset } from './packed-file.ts';

const shape = { channels: 1, height: 3, width: 3 };
const train = randomExamples(12, shape, 2);
const dataset = buildDataset({ name: 'x', shape, classes: ['a', 'b'], train, notes: [] });
const { fingerprint } = dataset;

function stateOf(path: string) {
  const fd = openSync(path, 'r');
  try {
    return openFileState(fd);
  } finally {
    closeSync(fd);
  }
}

/** Changes the last byte, a pixel, in place, in another tick of the file system's clock. */
async function damage(path: string): Promise<void> {
  await setTimeout(50);
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(path, bytes);
}

const later = (ms: number): void => {
  vi.setSystemTime(Date.now() + ms);
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a packed file that was found intact', () => {
  it('is known until it is written or gone', async () => {
    const path = join(await temporaryFolder(), 'a.pack');
    await writePackedDataset(path, dataset);
    later(10_000);
    expect(findIntact(path)).toBeUndefined();
    await readPackedDataset(path);
    expect(findIntact(path)).toEqual({ state: stateOf(path), fingerprint });
    await damage(path);
    expect(findIntact(path)).toBeUndefined();
    await expect(readPackedDataset(path)).rejects.toThrow('the checksum does not match');
    expect(findIntact(path)).toBeUndefined();
    await rm(path);
    expect(findIntact(path)).toBeUndefined();
  });

  it('is not known if it was written shortly before', async () => {
    const path = join(await temporaryFolder(), 'a.pack');
    await writePackedDataset(path, dataset);
    await readPackedDataset(path);
    expect(findIntact(path)).toBeUndefined();
  });

  it('is not known if it is damaged', async () => {
    const path = join(await temporaryFolder(), 'a.pack');
    await writePackedDataset(path, dataset);
    await damage(path);
    later(10_000);
    await expect(readPackedDataset(path)).rejects.toThrow(DataFormatError);
    expect(findIntact(path)).toBeUndefined();
  });

  it('is packed again once it has been damaged', async () => {
    const folder = await temporaryFolder();
    const path = await ensurePacked(dataset, folder);
    const whole = await readFile(path);
    later(10_000);
    await ensurePacked(dataset, folder);
    expect(findIntact(path)?.fingerprint).toBe(fingerprint);
    await damage(path);
    await ensurePacked(dataset, folder);
    expect(await readFile(path)).toEqual(whole);
  });

  it.each([
    ['in memory', undefined],
    ['in its file', 0],
  ])('is read without hashing, its images %s', async (_, memoryLimitBytes) => {
    const path = join(await temporaryFolder(), 'a.pack');
    await writePackedDataset(path, dataset);
    await damage(path);
    const state = stateOf(path);
    const imagesOf = (part: Examples): Uint8Array => readImages(part, imageSizeOf(shape), 0, part.count);
    // The damaged file is named as intact: only its check sum tells.
    const read = await readPackedDataset(path, memoryLimitBytes, { state, fingerprint });
    expect(read.test.pixels instanceof Uint8Array).toBe(memoryLimitBytes === undefined);
    expect(imagesOf(read.train)).toEqual(imagesOf(dataset.train));
    expect(imagesOf(read.test).at(-1)).toBe((imagesOf(dataset.test).at(-1) ?? 0) ^ 1);
    const other = { ...state, changedNs: state.changedNs - 1n };
    await expect(readPackedDataset(path, memoryLimitBytes, { state: other, fingerprint })).rejects.toThrow(
      'the checksum does not match',
    );
  });
});
