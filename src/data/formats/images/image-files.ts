import { readFileSync } from 'node:fs';
import { mapConcurrently } from '../../../concurrency.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import type { EncodedImages } from '../../pixels/decode-parts.ts';

/** Images that are files of their own. */
export function imageFiles(images: Omit<EncodedImages, 'readAll'>): EncodedImages {
  const files = [...images.train, ...(images.test ?? [])];
  return {
    ...images,
    readAll: (read, signal) =>
      mapConcurrently(files, (file) => read(file, async () => readImage(file.path)), { signal }),
  };
}

/** Small files are read many times as fast as asynchronously; meanwhile other threads decode. */
function readImage(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileFailure('read the image', path, error);
  }
}
