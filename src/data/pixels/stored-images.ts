// Images of one size that stay in an open file.

import { readSync } from 'node:fs';
import { DataFormatError } from '../../errors.ts';
import type { OpenFile } from '../../files/open-file.ts';
import type { StoredImages } from '../set/dataset.ts';

/** @param offset  where the first image starts, in bytes. */
export function imagesInFile(file: OpenFile, offset: number, imageSize: number): StoredImages {
  return {
    read(index, target) {
      const start = offset + index * imageSize;
      let done = 0;
      while (done < imageSize) {
        const read = readSomething(file, target, done, imageSize - done, start + done);
        done += read;
      }
    },
  };
}

/** @throws {DataFormatError} if the file cannot be read any more, or has become shorter. */
function readSomething({ fd, path }: OpenFile, target: Uint8Array, at: number, length: number, offset: number): number {
  let read = 0;
  let cause: unknown;
  try {
    read = readSync(fd, target, at, length, offset);
  } catch (error) {
    cause = error;
  }
  if (read > 0) return read;
  const what = cause instanceof Error ? `it cannot be read any more (${cause.message})` : 'it was cut off while in use';
  throw new DataFormatError(`${path}, byte ${offset}: ${what}; delete the file, and it is made again from the data.`, {
    details: { path, offset },
    cause,
  });
}
