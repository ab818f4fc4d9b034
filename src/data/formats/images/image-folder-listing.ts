// Which images a folder holds, and in which class and part. Looks at names only.

import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { counted } from '../../../text/figures.ts';
import { compareCodePoints, sortClassNames } from '../../labels/class-names.ts';
import { IMAGE_EXTENSIONS, IMAGE_FORMAT_LIST } from '../../pixels/image-formats.ts';

export interface ImageFile {
  readonly path: string;
  readonly label: number;
}

export interface ImageListing {
  readonly classes: readonly string[];
  readonly train: readonly ImageFile[];
  /** Undefined if the folder has no test part. */
  readonly test: readonly ImageFile[] | undefined;
  /** Files whose names are not those of images. */
  readonly ignored: readonly string[];
  /** Folders beside `train` and `test`. */
  readonly unusedFolders: readonly string[];
  /** Classes of the training part without an image; they are left out of `classes`. */
  readonly emptyClasses: readonly string[];
}

/**
 * Lists `CLASS/image` or `train/CLASS/image` and `test/CLASS/image`. The second form is taken if there is a folder
 * `train` that holds folders. Images in folders within a class folder belong to the class too. Hidden files and folders
 * are passed over.
 *
 * @param readEntries  reads what a folder, or a folder in an archive, holds.
 * @throws {InvalidInputError} for no images, one class, images outside a class folder, parts not called `train` and `test`,
 *   a test class without training images, or a folder that cannot be read.
 */
export async function listImageFolder(folder: string, readEntries: FolderReader = readFolder): Promise<ImageListing> {
  const root = await readEntries(folder);
  const trainFolder = root.folders.find((path) => basename(path) === 'train');
  const trainEntries = trainFolder === undefined ? undefined : await readEntries(trainFolder);
  if (trainFolder === undefined || trainEntries === undefined || trainEntries.folders.length === 0) {
    await checkNoLoneTestPart(folder, root.folders, readEntries);
    const { classes, ignored, empty } = await listClasses(folder, root, readEntries);
    const names = classNamesOf(folder, classes);
    const train = toImageFiles(classes, names);
    return { classes: names, train, test: undefined, ignored, unusedFolders: [], emptyClasses: empty };
  }
  const train = await listClasses(trainFolder, trainEntries, readEntries);
  const names = classNamesOf(trainFolder, train.classes);
  const testFolder = root.folders.find((path) => basename(path) === 'test');
  const test =
    testFolder === undefined ? undefined : await listClasses(testFolder, await readEntries(testFolder), readEntries);
  for (const name of test?.classes.keys() ?? []) {
    if (!names.includes(name)) {
      throw invalid(
        folder,
        `test/${name} has no counterpart train/${name} with images: every class needs training images; add them, or remove test/${name}`,
      );
    }
  }
  return {
    classes: names,
    train: toImageFiles(train.classes, names),
    test: test === undefined ? undefined : toImageFiles(test.classes, names),
    ignored: [...root.images, ...root.others, ...train.ignored, ...(test?.ignored ?? [])],
    unusedFolders: root.folders.filter((path) => path !== trainFolder && path !== testFolder),
    emptyClasses: train.empty,
  };
}

/** What a folder holds, each list in the order of code points. */
export interface Entries {
  readonly folders: readonly string[];
  readonly images: readonly string[];
  readonly others: readonly string[];
}

export type FolderReader = (folder: string) => Promise<Entries>;

interface ClassListing {
  /** Paths of the images by class name. */
  readonly classes: ReadonlyMap<string, readonly string[]>;
  readonly ignored: readonly string[];
  /** Names of folders without an image. */
  readonly empty: readonly string[];
}

async function listClasses(
  folder: string,
  { folders, images, others }: Entries,
  readEntries: FolderReader,
): Promise<ClassListing> {
  if (folders.length === 0) throw noClassFolders(folder, images, others);
  const classes = new Map<string, readonly string[]>();
  const ignored = [...images, ...others];
  const empty: string[] = [];
  for (const path of folders) {
    // macOS stores accents decomposed; the class must have the same name everywhere.
    const name = basename(path).normalize('NFC');
    const entries = await readClassFolder(folder, path, readEntries);
    ignored.push(...entries.others);
    if (entries.images.length === 0) empty.push(name);
    else classes.set(name, [...(classes.get(name) ?? []), ...entries.images]);
  }
  if (classes.size === 0) throw noClassFolders(folder, images, ignored);
  return { classes, ignored, empty };
}

const DEEPEST = 10;

/** Everything in a class folder, at any depth. */
async function readClassFolder(
  folder: string,
  path: string,
  readEntries: FolderReader,
  depth = 1,
): Promise<Omit<Entries, 'folders'>> {
  if (depth > DEEPEST) {
    throw invalid(
      folder,
      `${path} lies more than ${DEEPEST} folders deep: move its images up, or mend a link that leads back`,
    );
  }
  const { folders, images, others } = await readEntries(path);
  if (depth === 1 && folders.length > 0 && images.length === 0 && PART_NAMES.test(basename(path))) {
    throw invalid(
      folder,
      `${path} looks like a part of the data, not like a class: call the parts train and test, with the class folders in them`,
    );
  }
  const inner = await Promise.all(folders.map((each) => readClassFolder(folder, each, readEntries, depth + 1)));
  return {
    images: [...images, ...inner.flatMap((entries) => entries.images)],
    others: [...others, ...inner.flatMap((entries) => entries.others)],
  };
}

const PART_NAMES = /^(train|training|test|testing|val|valid|validation)$/i;

function classNamesOf(folder: string, classes: ReadonlyMap<string, unknown>): string[] {
  const names = sortClassNames(classes.keys());
  if (names.length === 1) {
    throw invalid(
      folder,
      `it has only one class folder with images (${names[0]}): a classifier needs at least two; add a folder with images of another class`,
    );
  }
  return names;
}

async function checkNoLoneTestPart(
  folder: string,
  folders: readonly string[],
  readEntries: FolderReader,
): Promise<void> {
  const testFolder = folders.find((path) => basename(path) === 'test');
  if (testFolder === undefined || (await readEntries(testFolder)).folders.length === 0) return;
  throw invalid(folder, 'it has test/ with class folders, but no train/ with class folders: add train/');
}

function noClassFolders(folder: string, images: readonly string[], others: readonly string[]): InvalidInputError {
  const what =
    images.length > 0
      ? `its ${images.length} images lie in no class folder`
      : `it holds no images (${IMAGE_FORMAT_LIST})${countText(others)}`;
  return invalid(
    folder,
    `${what}: put the images of each class in a folder named after it, as in ${join(folder, 'cat', '1.png')}`,
  );
}

/** Symbolic links are followed. */
async function readFolder(folder: string): Promise<Entries> {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileFailure('read the folder', folder, error);
  });
  const folders: string[] = [];
  const images: string[] = [];
  const others: string[] = [];
  for (const entry of found.sort((a, b) => compareCodePoints(a.name, b.name))) {
    if (isPassedOver(entry.name)) continue;
    const path = join(folder, entry.name);
    if (await isFolder(entry, path)) folders.push(path);
    else if (isImageName(entry.name)) images.push(path);
    else others.push(path);
  }
  return { folders, images, others };
}

/** Hidden files, and what macOS puts into archives. */
export const isPassedOver = (name: string): boolean => name.startsWith('.') || name === '__MACOSX';

export const isImageName = (name: string): boolean => IMAGE_EXTENSIONS.has(extname(name).toLowerCase());

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  );
}

function toImageFiles(classes: ReadonlyMap<string, readonly string[]>, names: readonly string[]): ImageFile[] {
  return names.flatMap((name, label) => (classes.get(name) ?? []).map((path) => ({ path, label })));
}

const countText = (others: readonly string[]): string =>
  others.length === 0 ? '' : `, only ${counted(others.length, 'other file')}`;

function invalid(folder: string, what: string): InvalidInputError {
  return new InvalidInputError(`Cannot use ${folder} as a data set: ${what}.`, { details: { path: folder } });
}
