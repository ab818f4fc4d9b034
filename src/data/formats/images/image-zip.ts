// A zip archive of a folder of images, one folder per class. Its images are read in place, one by one.

import { basename } from 'node:path';
import { mapConcurrently } from '../../../concurrency.ts';
import { InvalidInputError } from '../../../errors.ts';
import { withZip, type ZipArchive } from '../../containers/zip.ts';
import type { LocatedSource } from '../../set/source.ts';
import { readImageArchive } from './image-archive.ts';

/** @throws {InvalidInputError} when it is read, see `readImageArchive`. */
export function locateImageZip(path: string, name = basename(path).replace(/\.zip$/i, '')): LocatedSource {
  return {
    format: 'image-zip',
    files: [path],
    read: (options) =>
      withZip(
        path,
        (archive) =>
          readImageArchive(
            name,
            {
              path,
              names: archive.names,
              readAll: (places, read, signal) =>
                mapConcurrently(places, (place) => read(place, () => readEntry(archive, place.entry, place.path)), {
                  signal,
                }),
            },
            options,
          ),
        LARGEST_IMAGE,
      ),
  };
}

/** Bytes of the largest encoded image. */
const LARGEST_IMAGE = 2 ** 28;

async function readEntry(archive: ZipArchive, entry: string, path: string): Promise<Uint8Array> {
  const bytes = await archive.read(entry);
  if (bytes === undefined) throw new InvalidInputError(`Cannot read ${path}: the archive does not hold it.`);
  return bytes;
}
