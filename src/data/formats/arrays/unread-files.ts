// Files of numbers that are not read: what they are, and what to do with them.

import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { compareCodePoints } from '../../labels/class-names.ts';
import type { LocatedSource } from '../../set/source.ts';

interface UnreadFormat {
  readonly endings: readonly string[];
  readonly name: string;
  readonly cure: string;
}

const SAVE_AS_NPZ = 'np.savez("data.npz", x_train=images, y_train=labels)';

const UNREAD: readonly UnreadFormat[] = [
  {
    endings: ['.mat'],
    name: 'a MATLAB file',
    cure: `read it in Python with scipy.io.loadmat and save it with ${SAVE_AS_NPZ}; SVHN's images, (height, width, 3, n), may stay as they are`,
  },
  {
    endings: ['.h5', '.hdf5', '.hdf', '.he5'],
    name: 'an HDF5 file',
    cure: `read it in Python with h5py and save it with ${SAVE_AS_NPZ}`,
  },
  {
    endings: ['.pkl', '.pickle', '.p', '.joblib', '.pt', '.pth'],
    name: 'a pickle, which is never read, because it can run code',
    cure: `if you trust it, load it in Python and save it with ${SAVE_AS_NPZ}`,
  },
  {
    endings: ['.arrow', '.feather', '.ipc'],
    name: 'an Arrow file',
    cure: 'save the data set as Parquet (Dataset.to_parquet, or pandas.read_feather and to_parquet)',
  },
  {
    endings: ['.tfrecord', '.tfrecords', '.rec', '.lmdb', '.mdb', '.beton'],
    name: "a file of another program's records",
    cure: 'write the images as files, with a folder for each class',
  },
];

/** @throws {InvalidInputError} that says what to do. */
export function refuseUnreadFile(path: string): LocatedSource {
  const format = formatOf(path);
  throw new InvalidInputError(
    `Cannot use ${path} as a data set: it is ${format?.name ?? 'of a format that is not read'}; ${format?.cure ?? `save it with ${SAVE_AS_NPZ}`}.`,
    { details: { path } },
  );
}

/** Whether a file has the ending of a known format that is not read. */
export function isUnreadFile(path: string): boolean {
  return formatOf(path) !== undefined;
}

/**
 * For a folder that holds such files, or folders of them, and no others that could be data.
 *
 * @returns undefined, if it holds something else.
 * @throws {InvalidInputError} for the first of them.
 */
export async function refuseUnreadFolder(folder: string): Promise<undefined> {
  const files = await listFiles(folder, 2);
  const [first] = files.filter(isUnreadFile);
  if (first !== undefined && !files.some((file) => DATA.test(file))) refuseUnreadFile(first);
  return undefined;
}

const DATA = /\.(png|jpe?g|jpe|jfif|webp|gif|bmp|tiff?|avif|csv|gz|tgz|parquet|zip|np[yz]|bin|jsonl|heic|dcm)$/i;

const formatOf = (path: string): UnreadFormat | undefined =>
  UNREAD.find(({ endings }) => endings.includes(extname(path.replace(/\.gz$/i, '')).toLowerCase()));

async function listFiles(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => compareCodePoints(a.name, b.name))) {
    if (basename(entry.name).startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) files.push(path);
    else if (depth > 0) files.push(...(await listFiles(path, depth - 1)));
  }
  return files;
}
