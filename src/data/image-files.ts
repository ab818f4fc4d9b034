import { readFile } from 'node:fs/promises';
import { mapConcurrently } from './concurrency.ts';
import type { EncodedImages } from './decode-images.ts';
import { fileFailure } from './file-failure.ts';

/** Images that are files of their own. */
export function imageFiles(images: Omit<EncodedImages, 'readAll'>): EncodedImages {
  const files = [...images.train, ...(images.test ?? [])];
  return {
    ...images,
    readAll: (read, signal) =>
      mapConcurrently(
        files,
        (file) =>
          read(file, () =>
            readFile(file.path).catch((error: unknown) => {
              throw fileFailure('read the image', file.path, error);
            }),
          ),
        { signal },
      ),
  };
}
