// A .tar.gz of a folder of images, one folder per class, or of CIFAR's binary files. It is read in place, from start to end.

import { basename } from 'node:path';
import { mapConcurrently } from '../../../concurrency.ts';
import { formatError } from '../../../files/format-error.ts';
import { type TarFile, tarFiles } from '../../containers/tar.ts';
import type { LocatedSource } from '../../set/source.ts';
import { locateCifarArchive } from '../arrays/cifar.ts';
import { type PlaceInArchive, readImageArchive } from './image-archive.ts';
import { isImageName } from '../../layout/image-names.ts';

/** @throws {InvalidInputError} when it is read, see `readImageArchive` and `locateCifarArchive`. */
export function locateTarGz(path: string, name = basename(path).replace(/\.(tar\.gz|tgz)$/i, '')): LocatedSource {
  return {
    format: 'tar',
    files: [path],
    async read(options) {
      const names: string[] = [];
      const list = (entry: string): boolean => names.push(entry) < 0;
      for await (const _ of tarFiles(path, list, options.signal));
      if (!names.some(isImageName)) return locateCifarArchive(path, name).read(options);
      return readImageArchive(
        name,
        { path, names, readAll: (places, read, signal) => readInOrder(path, places, read, signal) },
        options,
      );
    },
  };
}

/** How much may wait to be decoded. */
const WAITING = { files: 256, bytes: 2 ** 24 };

async function readInOrder<T>(
  path: string,
  places: readonly PlaceInArchive[],
  read: (place: PlaceInArchive, bytes: () => Promise<Uint8Array>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const missing = new Map(places.map((place, index) => [place.entry, { place, index }]));
  const results = new Array<T>(places.length);
  let waiting: TarFile[] = [];
  let bytes = 0;
  const readWaiting = async (): Promise<void> => {
    const readOne = async ({ name, content }: TarFile): Promise<void> => {
      const found = missing.get(name);
      // Of two entries with the same name, the first counts.
      if (found === undefined || !missing.delete(name)) return;
      results[found.index] = await read(found.place, async () => content);
    };
    await mapConcurrently(waiting, readOne, { signal });
    waiting = [];
    bytes = 0;
  };
  for await (const file of tarFiles(path, (name) => missing.has(name), signal)) {
    waiting.push(file);
    bytes += file.content.length;
    if (waiting.length >= WAITING.files || bytes >= WAITING.bytes) await readWaiting();
  }
  await readWaiting();
  for (const { place } of missing.values()) {
    throw formatError(path, { offset: 0 }, `${place.entry} disappeared while the archive was read`, 'read it again');
  }
  return results;
}
