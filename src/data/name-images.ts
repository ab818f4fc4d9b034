// Which file each image of a data set is in.

import { createHash } from 'node:crypto';
import { heldPixels } from '../files/memory-limit.ts';
import { resolveCacheDir } from './cache/cache-folder.ts';
import { type LoadOptions, locate } from './load-dataset.ts';
import { imageSizeOf, readImages } from './set/dataset.ts';

/**
 * Reads a source once more to find the files of its images, relative to the source.
 *
 * @param options  with which the data was loaded.
 * @returns by the SHA-256 (hex) of the packed image, the first of equal ones; empty if the images are not files.
 * @throws {InvalidInputError}, {DataFormatError} as `loadDataset` does.
 */
export async function nameImages(source: string, options: LoadOptions): Promise<ReadonlyMap<string, string>> {
  const cacheDir = await resolveCacheDir(options.cacheDir);
  const located = await locate(source, { ...options, cacheDir });
  const names = new Map<string, string>();
  // Of the formats, only those of image files can take classes from folders.
  if (!located.takes.includes('labelFrom')) return names;
  const overflow = { folder: cacheDir, limitBytes: options.memoryLimitBytes ?? heldPixels() };
  const { train, validation, test, shape, nameOf } = await located.read({ ...options, overflow });
  const size = imageSizeOf(shape);
  for (const [part, examples] of Object.entries({ train, validation, test } as const)) {
    for (let i = 0; i < (examples?.count ?? 0) && examples !== undefined; i++) {
      const digest = createHash('sha256')
        .update(readImages(examples, size, i, i + 1))
        .digest('hex');
      const name = nameOf?.(part as 'train' | 'validation' | 'test', i) ?? '';
      if (name !== '' && !names.has(digest)) names.set(digest, name);
    }
  }
  return names;
}
