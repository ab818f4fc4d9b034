// Whether a model that is scored on other data than its run's was trained on some of it all the same.

import { createHash } from 'node:crypto';
import { type Examples, imageSizeOf, readImages } from '../../data/set/dataset.ts';
import { AutoCnnError } from '../../errors.ts';
import type { SearchConfig } from '../config/config.ts';
import { packedRunData } from '../run/run-data.ts';

/**
 * How many of some images the final training of a run had, pixel for pixel.
 *
 * @param examples  of the size and the channels of the run's data.
 * @returns 0 too if the data of the run is no longer in the cache.
 */
export async function countSeenImages(
  dataset: SearchConfig['dataset'],
  examples: Examples,
  cacheDir: string | undefined,
): Promise<number> {
  const data = await packedRunData({ dataset }, cacheDir).catch((error: unknown) => {
    // Damaged: the images are scored all the same.
    if (error instanceof AutoCnnError) return undefined;
    throw error;
  });
  if (data === undefined) return 0;
  const size = imageSizeOf(data.shape);
  const seen = new Set<string>();
  for (const part of [data.train, ...(data.validation ? [data.validation] : [])]) {
    for (const digest of digestsOf(part, size)) seen.add(digest);
  }
  let count = 0;
  for (const digest of digestsOf(examples, size)) if (seen.has(digest)) count++;
  return count;
}

function* digestsOf(examples: Examples, imageSize: number): Generator<string> {
  for (let i = 0; i < examples.count; i++) {
    yield createHash('sha256')
      .update(readImages(examples, imageSize, i, i + 1))
      .digest('base64');
  }
}
