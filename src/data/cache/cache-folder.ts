// Where packed data sets are kept: `datasets/FINGERPRINT.pack`, one file per content, whatever source it came from.

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureFolder } from '../../files/ensure-folder.ts';
import { fileFailure } from '../../files/file-failure.ts';
import type { Dataset } from '../set/dataset.ts';
import { findIntact } from './intact-files.ts';
import { readPackedDataset, writePackedDataset } from './packed-file.ts';

/**
 * The cache folder, created if it is missing: `cacheDir`, or AUTO_CNN_CACHE, or the system's cache folder for the user,
 * or a folder for temporary files if that one cannot be written.
 *
 * @throws {InvalidInputError} if the folder that was asked for cannot be written.
 */
export async function resolveCacheDir(cacheDir?: string): Promise<string> {
  const asked = cacheDir ?? environmentFolder('AUTO_CNN_CACHE');
  if (asked !== undefined) return makeWritable(resolve(asked));
  try {
    return await makeWritable(userCacheDir());
  } catch {
    return makeWritable(join(tmpdir(), `auto-cnn-${process.getuid?.() ?? 'cache'}`));
  }
}

/** Where a data set lies in a cache folder, whether or not it is there. */
export function packedDatasetPath(fingerprint: string, cacheDir: string): string {
  return join(cacheDir, 'datasets', `${fingerprint}.pack`);
}

/**
 * Makes sure that the cache holds the whole data set, for other processes to read.
 *
 * @returns its path.
 * @throws {InvalidInputError} if it cannot be written, for example because the disk is full.
 */
export async function ensurePacked(dataset: Dataset, cacheDir?: string): Promise<string> {
  const path = packedDatasetPath(dataset.fingerprint, await resolveCacheDir(cacheDir));
  const fingerprint = findIntact(path)?.fingerprint ?? (await hashedFingerprint(path));
  if (fingerprint !== dataset.fingerprint) await writePackedDataset(path, dataset);
  return path;
}

/** Hashes a packed file piece by piece. @returns undefined if it is missing or damaged. */
async function hashedFingerprint(path: string): Promise<string | undefined> {
  return readPackedDataset(path, 0).then(
    ({ fingerprint }) => fingerprint,
    () => undefined,
  );
}

function userCacheDir(): string {
  if (process.platform === 'win32') {
    return join(environmentFolder('LOCALAPPDATA') ?? join(homedir(), 'AppData', 'Local'), 'auto-cnn', 'Cache');
  }
  const xdg = environmentFolder('XDG_CACHE_HOME');
  if (xdg === undefined && process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'auto-cnn');
  return join(xdg ?? join(homedir(), '.cache'), 'auto-cnn');
}

/** An empty variable counts as not set. */
function environmentFolder(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

async function makeWritable(folder: string): Promise<string> {
  try {
    ensureFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    throw fileFailure('write to the cache folder', folder, error);
  }
}
