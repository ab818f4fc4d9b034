// The binary versions of CIFAR-10 and CIFAR-100: records of one or two labels and 32 × 32 pixels, red, green, blue.
// See https://www.cs.toronto.edu/~kriz/cifar.html

import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { formatError } from '../../../files/format-error.ts';
import { readTarGz } from '../../containers/tar.ts';
import { compareCodePoints } from '../../labels/class-names.ts';
import { listNames, noteOnEmptyClasses } from '../../labels/name-labels.ts';
import { fitImages } from '../../pixels/fit-images.ts';
import { imageSizeOf } from '../../set/dataset.ts';
import type { DatasetParts, FileRole, LocatedSource, ReadOptions } from '../../set/source.ts';
import { nameParts } from '../name-parts.ts';

/**
 * Recognises a folder with `data_batch_1.bin` … and perhaps `test_batch.bin` (CIFAR-10), or with `train.bin`,
 * `fine_label_names.txt` and perhaps `test.bin` (CIFAR-100, whose fine labels are taken). The file of names, if there is
 * one, gives the classes; otherwise they are called by their numbers.
 */
export async function locateCifarFolder(folder: string, name = basename(folder)): Promise<LocatedSource | undefined> {
  const all = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileFailure('read the folder', folder, error);
  });
  const entries = all.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const version = VERSIONS.find(({ isThere }) => isThere(entries));
  if (version === undefined && isPythonVersion(entries)) throw pythonVersion(folder);
  if (version === undefined) return undefined;
  const files = entries.filter((entry) => isOf(version, entry)).sort(compareCodePoints);
  const readFiles = async (): Promise<CifarFile[]> => {
    const contents: CifarFile[] = [];
    for (const file of files) {
      const path = join(folder, file);
      const bytes = await readFile(path).catch((error: unknown) => {
        throw fileFailure('read', path, error);
      });
      contents.push({ name: file, where: path, bytes });
    }
    return contents;
  };
  return {
    format: 'cifar',
    takes: ['transpose'],
    files: files.map((file) => join(folder, file)),
    read: async (options) => readParts(name, folder, version, await readFiles(), options),
    explain: async () => files.map((file) => roleOf(version, file)),
  };
}

function roleOf({ train, names }: CifarVersion, file: string): FileRole {
  if (file === names) return { file, rule: 'names of the classes' };
  return { file, part: train.test(file) ? 'train' : 'test', rule: 'images and labels, by the name of the file' };
}

/** The files of CIFAR-10 or CIFAR-100 for Python. */
function isPythonVersion(names: readonly string[]): boolean {
  const versions = [
    ['batches.meta', 'data_batch_1'],
    ['meta', 'train', 'test'],
  ];
  return versions.some((files) => files.every((file) => names.includes(file)));
}

function pythonVersion(path: string): InvalidInputError {
  return new InvalidInputError(
    `Cannot use ${path} as a data set: it is the version of CIFAR for Python, whose files are pickles; they are not read, because a pickle can run code. Take the binary version from https://www.cs.toronto.edu/~kriz/cifar.html (cifar-10-binary.tar.gz, cifar-100-binary.tar.gz), or the built-in names cifar10 and cifar100.`,
    { details: { path } },
  );
}

/** The archive in which either is published; it is read in place. */
export function locateCifarArchive(
  path: string,
  name = basename(path).replace(/\.(tar\.gz|tgz)$/i, ''),
): LocatedSource {
  return {
    format: 'cifar',
    takes: ['transpose'],
    files: [path],
    read: async (options) => {
      const seen: string[] = [];
      const isWanted = (file: string): boolean => {
        seen.push(file);
        return VERSIONS.some((version) => isOf(version, file));
      };
      const contents = await readTarGz(path, isWanted, options.signal);
      const version = VERSIONS.find(({ isThere }) => isThere([...contents.keys()]));
      if (version === undefined && isPythonVersion(seen.map((file) => basename(file)))) throw pythonVersion(path);
      if (version === undefined) {
        throw new InvalidInputError(
          `Cannot use ${path} as a data set: it holds neither data_batch_1.bin (CIFAR-10) nor train.bin and fine_label_names.txt (CIFAR-100); unpack other archives and give their folder.`,
          { details: { path } },
        );
      }
      const files = [...contents].map(([file, bytes]) => ({ name: file, where: `${path} (${file})`, bytes }));
      return readParts(
        name,
        path,
        version,
        files.sort((a, b) => compareCodePoints(a.name, b.name)),
        options,
      );
    },
  };
}

interface CifarFile {
  readonly name: string;
  /** For messages. */
  readonly where: string;
  readonly bytes: Buffer;
}

interface CifarVersion {
  isThere(names: readonly string[]): boolean;
  readonly train: RegExp;
  readonly test: string;
  readonly names: string;
  /** Bytes of labels in a record; the last one counts. */
  readonly labelSize: number;
  readonly classes: number;
}

const SHAPE = { channels: 3, height: 32, width: 32 };
const IMAGE_SIZE = imageSizeOf(SHAPE);

const VERSIONS: readonly CifarVersion[] = [
  {
    isThere: (names) => names.some((name) => /^data_batch_\d+\.bin$/.test(name)),
    train: /^data_batch_\d+\.bin$/,
    test: 'test_batch.bin',
    names: 'batches.meta.txt',
    labelSize: 1,
    classes: 10,
  },
  {
    isThere: (names) => names.includes('train.bin') && names.includes('fine_label_names.txt'),
    train: /^train\.bin$/,
    test: 'test.bin',
    names: 'fine_label_names.txt',
    labelSize: 2,
    classes: 100,
  },
];

const isOf = ({ train, test, names }: CifarVersion, file: string): boolean =>
  train.test(file) || file === test || file === names;

async function readParts(
  name: string,
  source: string,
  version: CifarVersion,
  files: readonly CifarFile[],
  options: ReadOptions,
): Promise<DatasetParts> {
  const list = files
    .find((file) => file.name === version.names)
    ?.bytes.toString('utf8')
    .split(/\r?\n/)
    .filter(Boolean);
  const names = list ?? Array.from({ length: version.classes }, (_, label) => String(label));
  const train = readRecords(
    files.filter((file) => version.train.test(file.name)),
    version,
    names,
  );
  const testFiles = files.filter((file) => file.name === version.test);
  const test = testFiles.length === 0 ? undefined : readRecords(testFiles, version, names);
  const named = nameParts({ train: train.labels, test: test?.labels }, (_, index, label, classes) =>
    formatError(
      testFiles[0]?.where ?? source,
      { offset: index * (version.labelSize + IMAGE_SIZE) },
      `label ${label} does not occur in the training part (its labels: ${listNames(classes)})`,
      'add training images of it',
    ),
  );
  const parts: DatasetParts = {
    name,
    shape: SHAPE,
    classes: named.classes,
    train: { count: train.labels.length, pixels: train.pixels, labels: named.train },
    test:
      test === undefined || named.test === undefined
        ? undefined
        : { count: test.labels.length, pixels: test.pixels, labels: named.test },
    notes: [
      `Labels: in the files themselves${list === undefined ? '' : `, with the names of ${version.names}`}.`,
      ...(list === undefined ? [] : noteOnEmptyClasses(names, named.classes)),
    ],
  };
  return fitImages(parts, options);
}

interface Records {
  readonly pixels: Uint8Array;
  readonly labels: readonly string[];
}

function readRecords(files: readonly CifarFile[], { labelSize }: CifarVersion, names: readonly string[]): Records {
  const recordSize = labelSize + IMAGE_SIZE;
  const count = files.reduce((sum, { bytes }) => sum + Math.floor(bytes.length / recordSize), 0);
  const pixels = new Uint8Array(count * IMAGE_SIZE);
  const labels: string[] = [];
  for (const { where, bytes } of files) {
    const rest = bytes.length % recordSize;
    if (rest !== 0 || bytes.length === 0) {
      throw formatError(
        where,
        { offset: bytes.length - rest },
        `${bytes.length} bytes are not a whole number of records of ${recordSize} bytes`,
        'copy the file again',
      );
    }
    for (let offset = 0; offset < bytes.length; offset += recordSize) {
      const at = offset + labelSize - 1;
      const label = names[bytes[at] ?? -1];
      if (label === undefined) {
        throw formatError(
          where,
          { offset: at },
          `label ${bytes[at]}, but there are only ${names.length} classes`,
          'copy the file again',
        );
      }
      pixels.set(bytes.subarray(offset + labelSize, offset + recordSize), labels.length * IMAGE_SIZE);
      labels.push(label);
    }
  }
  return { pixels, labels };
}
