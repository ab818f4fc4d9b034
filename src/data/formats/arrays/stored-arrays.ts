// The arrays of .npz archives and .npy files, each of which can be opened by itself.

import { openSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileFailure } from '../../../files/file-failure.ts';
import { formatError } from '../../../files/format-error.ts';
import { LARGEST_ARRAY } from '../../../files/memory-limit.ts';
import { keepOpen, type OpenFile } from '../../../files/open-file.ts';
import { readRange } from '../../../files/read-range.ts';
import { withZip } from '../../containers/zip.ts';
import { imagesInFile } from '../../pixels/stored-images.ts';
import type { Overflow } from '../../set/source.ts';
import { type NpyArray, parseNpy, parseNpyHeader } from './npy.ts';
import { type ArrayImages, imagesInArrayFile, imagesOf } from './npy-images.ts';

export interface StoredArray {
  /** In the archive, or the name of the file without its ending. */
  readonly key: string;
  /** Name of the file without its ending. */
  readonly file: string;
  /** For a user: `x_train in digits.npz`, `x_train.npy`. */
  readonly title: string;
  readonly path: string;
  /** Path and entry, for messages. */
  readonly where: string;
  readonly sizeBytes: number;
  read(): Promise<NpyArray>;
  /**
   * As images, which stay in a file if memory should not hold them.
   *
   * @param count  how many images are expected.
   */
  readImages(count: number, overflow: Overflow | undefined): Promise<ArrayImages>;
}

/** @throws {DataFormatError} if it is not a zip archive. */
export async function arraysInNpz(path: string): Promise<StoredArray[]> {
  return withZip(path, async ({ names, sizeOf }) =>
    names.filter((name) => name.endsWith('.npy')).map((name) => arrayInNpz(path, name, sizeOf(name) ?? 0)),
  );
}

function arrayInNpz(path: string, name: string, sizeBytes: number): StoredArray {
  const where = `${path} (${name})`;
  const key = name.replace(/\.npy$/, '');
  const read = (): Promise<NpyArray> =>
    withZip(path, async (archive) => parseNpy((await archive.read(name)) ?? Buffer.alloc(0), where));
  return {
    key,
    file: basename(path).replace(/\.npz$/i, ''),
    title: `${key} in ${basename(path)}`,
    path,
    where,
    sizeBytes,
    read,
    async readImages(count, overflow) {
      const stored =
        overflow &&
        (await withZip(path, async (archive) => {
          if (sizeBytes <= overflow.limitBytes) return undefined;
          const file = await archive.store(name, overflow.folder);
          return file && imagesOfStored(file, count, where);
        }));
      return stored ?? imagesOf(await read());
    },
  };
}

export function arrayInNpy(path: string): StoredArray {
  const read = async (): Promise<NpyArray> => {
    const file = await open(path).catch((error: unknown) => {
      throw fileFailure('read', path, error);
    });
    try {
      const { size } = await file.stat();
      if (size > LARGEST_ARRAY) {
        throw formatError(path, { offset: 0 }, `${size} bytes, more than fit in memory`, 'split the array');
      }
      return parseNpy(await readRange(path, file, 0, size), path);
    } finally {
      await file.close();
    }
  };
  const key = basename(path).replace(/\.npy$/i, '');
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return {
    key,
    file: key,
    title: basename(path),
    path,
    where: path,
    sizeBytes: size,
    read,
    async readImages(count, overflow) {
      if (overflow === undefined || size <= overflow.limitBytes) return imagesOf(await read());
      const file = Object.assign(keepOpen(openSync(path, 'r'), path), { size: () => size });
      return imagesOfStored(file, count, path) ?? imagesOf(await read());
    },
  };
}

/** Bytes of the longest header that an array of images could have. */
const LARGEST_HEADER = 2 ** 16;

/** @returns undefined if the images do not follow one another in the file. */
function imagesOfStored(file: OpenFile & { size(): number }, count: number, where: string): ArrayImages | undefined {
  const head = Buffer.alloc(Math.min(file.size(), LARGEST_HEADER));
  imagesInFile(file, 0, head.length).read(0, head);
  const header = parseNpyHeader(head, file.size(), where);
  const { isFortran, type, shape } = header;
  if (isFortran || type.kind === 'text' || shape[0] !== count) return undefined;
  return imagesInArrayFile(file, header, type);
}
