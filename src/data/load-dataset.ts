// From what a user names to a packed data set.

import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AutoCnnError, InvalidInputError } from '../errors.ts';
import { fileFailure, systemCodeOf } from '../files/file-failure.ts';
import { heldPixels } from '../files/memory-limit.ts';
import { nearestOf } from '../text/did-you-mean.ts';
import { type BuildOptions, buildDataset, checkTestFraction } from './build/build-dataset.ts';
import { ensurePacked, resolveCacheDir } from './cache/cache-folder.ts';
import { readPackedDataset } from './cache/packed-file.ts';
import { ofSource, recallDataset, rememberDataset, sourceKey } from './cache/source-index.ts';
import type { FileTree } from './containers/file-tree.ts';
import { folderTree, folderTreeWithArchives } from './containers/folder-tree.ts';
import { refuseArchive } from './containers/foreign-archives.ts';
import { locateCifarFolder } from './formats/arrays/cifar.ts';
import { isIdxName, locateIdxFile, locateIdxFolder } from './formats/arrays/idx-folder.ts';
import { locateArrayFolder, locateNpy, locateNpz } from './formats/arrays/npz.ts';
import { isUnreadFile, refuseUnreadFile, refuseUnreadFolder } from './formats/arrays/unread-files.ts';
import { locateCsv, locateCsvFolder } from './formats/csv/csv-source.ts';
import { locateImageZip, locateTar } from './formats/images/image-archive.ts';
import { locateImageFolder } from './formats/images/image-folder.ts';
import { locateMnist } from './formats/named/mnist.ts';
import { locatePublished, PUBLISHED } from './formats/named/published.ts';
import { locateParquet, locateParquetFolder } from './formats/parquet/parquet-source.ts';
import { findLayout } from './layout/find-layout.ts';
import { isImageName } from './layout/image-names.ts';
import { refuseNoImages } from './layout/left-out.ts';
import { readCorrections } from './layout/read-corrections.ts';
import type { Corrections } from './set/corrections.ts';
import { type Dataset, imageSizeOf } from './set/dataset.ts';
import type {
  FileRole,
  LocatedSource,
  LocateFile,
  LocateInFolder,
  ReadOptions,
  SelectiveOption,
} from './set/source.ts';

/** How {@link loadDataset} reads a source. */
export interface LoadOptions extends ReadOptions, Omit<BuildOptions, 'corrections'> {
  /**
   * A table of other labels for single images, and of images to leave out: `image,label` or `image,decision,label`, where an
   * image is a file relative to the source or the SHA-256 of its bytes. The page of suspects saves such tables.
   */
  readonly labels?: string | undefined;
  /** Where packed data is kept. Default: AUTO_CNN_CACHE, or the user's cache folder. */
  readonly cacheDir?: string | undefined;
  /** Where the files of fashion-mnist, cifar10 and cifar100 lie. Without it they are fetched into the cache, once. */
  readonly dataDir?: string | undefined;
  /**
   * Bytes of pixels that may be held in memory; a larger data set stays in its packed file and is read batch by batch,
   * with the same results. Default: a 16th of the memory.
   */
  readonly memoryLimitBytes?: number | undefined;
}

/**
 * Loads labelled images: a built-in name (`mnist`, `fashion-mnist`, `cifar10`, `cifar100`); a folder of images (`CLASS/…`,
 * or `train/CLASS/…` and `test/CLASS/…`, or images and a CSV file of their names and labels), of IDX files, of CSV files
 * of pixels, of CIFAR's binary files, or of Parquet files; or one file (`.zip` or `.tar.gz` of an image folder, `.npz`,
 * `.csv`, `.csv.gz`, `.parquet`, CIFAR's `.tar.gz`). A built-in name wins over a folder of that name; `./mnist` means the
 * folder. From the second time on, unchanged data comes from the cache.
 *
 * @throws {InvalidInputError} for an unknown name, a missing or unreadable path, an option out of range, data that cannot
 *   make a classifier (no images, one class), or data that is not here and cannot be fetched.
 * @throws {DataFormatError} for a damaged file.
 */
export async function loadDataset(source: string, options: LoadOptions = {}): Promise<Dataset> {
  checkOptions(options);
  return { ...(await loadFrom(source, options)), origin: { source, ...originOptions(options) } };
}

async function loadFrom(source: string, options: LoadOptions): Promise<Dataset> {
  options.signal?.throwIfAborted();
  const { memoryLimitBytes = heldPixels() } = options;
  const corrections = await correctionsOf(options);
  const cacheDir = await resolveCacheDir(options.cacheDir);
  const located = await locate(source, { ...options, cacheDir });
  const makeKey = (): Promise<string> =>
    sourceKey(located.format, located.files, relevantOptions(options, corrections));
  const key = await makeKey();
  const remembered = await recallDataset(cacheDir, key, memoryLimitBytes);
  if (remembered !== undefined) return remembered;

  const dataset = buildDataset(
    await located.read({ ...options, overflow: { folder: cacheDir, limitBytes: memoryLimitBytes } }),
    { ...options, corrections },
  );
  options.signal?.throwIfAborted();
  const { notes, train, validation, test, shape } = dataset;
  try {
    const path = await ensurePacked(dataset, cacheDir);
    // A file that changed while it was read must be read again the next time.
    if ((await makeKey()) === key) await rememberDataset(cacheDir, key, dataset);
    const count = train.count + (validation?.count ?? 0) + test.count;
    if (count * imageSizeOf(shape) <= memoryLimitBytes) return dataset;
    return ofSource(await readPackedDataset(path, memoryLimitBytes), dataset);
  } catch (error) {
    if (!(error instanceof AutoCnnError && train.pixels instanceof Uint8Array)) throw error;
    return { ...dataset, notes: [...notes, `The packed data could not be kept. ${error.message}`] };
  }
}

/**
 * What every file of a source is to the data set, and why, without decoding images. Takes what {@link loadDataset} takes.
 *
 * @throws {InvalidInputError} {DataFormatError} as {@link loadDataset} does, where names and tables show it.
 */
export async function explainDataset(source: string, options: LoadOptions = {}): Promise<readonly FileRole[]> {
  checkOptions(options);
  const located = await locate(source, { ...options, cacheDir: await resolveCacheDir(options.cacheDir) });
  if (located.explain !== undefined) return located.explain(options);
  return located.files.map((file) => ({ file: basename(file), rule: `format ${located.format}` }));
}

type LocateOptions = LoadOptions & { readonly cacheDir: string };

const BUILT_IN: Readonly<Record<string, (options: LocateOptions) => Promise<LocatedSource>>> = {
  mnist: locateMnist,
  ...Object.fromEntries(
    PUBLISHED.map((dataset) => [dataset.name, (options: LocateOptions) => locatePublished(dataset, options)]),
  ),
};

/** Whether a source is a name, not a path. */
export const isBuiltIn = (source: string): boolean => Object.hasOwn(BUILT_IN, source);

interface FileFormat {
  /** The ending of the file's name. */
  readonly ending: string;
  readonly locate: LocateFile;
}

const ARCHIVES: readonly FileFormat[] = [
  { ending: '.npz', locate: locateNpz },
  { ending: '.tar', locate: locateTar },
  { ending: '.tar.gz', locate: locateTar },
  { ending: '.tgz', locate: locateTar },
];

const FILE_FORMATS: readonly FileFormat[] = [
  ...ARCHIVES,
  { ending: '.zip', locate: locateImageZip },
  { ending: '.csv', locate: locateCsv },
  { ending: '.csv.gz', locate: locateCsv },
  { ending: '.parquet', locate: locateParquet },
  { ending: '.pq', locate: locateParquet },
  { ending: '.npy', locate: locateNpy },
];

/** Formats whose files stand for many images. The first that recognises a folder loads it. */
const ARRAY_FORMATS: readonly LocateInFolder[] = [
  async (folder, name, options) => named(await locateIdxFolder(folder, undefined, undefined, options?.lonePart), name),
  locateCifarFolder,
  locateParquetFolder,
  locateCsvFolder,
  locateLoneArchive,
  locateArrayFolder,
  refuseUnreadFolder,
];

function named(source: LocatedSource | undefined, name: string | undefined): LocatedSource | undefined {
  if (source === undefined || name === undefined) return source;
  return { ...source, read: async (options) => ({ ...(await source.read(options)), name }) };
}

const LARGEST_SIDE = 1024;

/** @throws {InvalidInputError} see {@link loadDataset}. */
export async function locate(source: string, options: LocateOptions): Promise<LocatedSource> {
  const located = await locateAny(source, options);
  checkTaken(source, located, options);
  return located;
}

async function locateAny(source: string, options: LocateOptions): Promise<LocatedSource> {
  const builtIn = isBuiltIn(source) ? BUILT_IN[source] : undefined;
  if (builtIn !== undefined) return builtIn(options);
  const path = resolve(source);
  const stats = await stat(path).catch((error: unknown) => {
    throw systemCodeOf(error) === 'ENOENT' ? unknownSource(source, path) : fileFailure('read', path, error);
  });
  return stats.isDirectory() ? locateFolder(path, options) : locateFile(path, options);
}

/**
 * Images in class folders or with a table of their labels win over files beside them that stand for many images, also images
 * in zip archives. If nothing fits, the reason of the format that came nearest is given.
 */
async function locateFolder(path: string, options: ReadOptions): Promise<LocatedSource> {
  const tree = folderTree(path);
  const { located, failure } = await locateArrays(path, tree, options);
  const hasImages = tree.files.some(isImageName);
  const mayHoldImages = located === undefined || tree.files.some((file) => /\.zip$/i.test(file));
  const whole = hasImages || !mayHoldImages ? tree : await folderTreeWithArchives(path);
  if (!whole.files.some(isImageName)) {
    if (located !== undefined) return located;
    throw failure ?? refuseNoImages(tree);
  }
  const asImages = (): LocatedSource => locateImageFolder(path, whole, tree.files);
  if (located === undefined) return asImages();
  return findLayout(whole, options).then(asImages, () => located);
}

async function locateArrays(
  path: string,
  tree: FileTree,
  options: ReadOptions,
): Promise<{ readonly located?: LocatedSource; readonly failure?: unknown }> {
  let failure: unknown;
  for (const folder of wrappedFolders(tree)) {
    for (const locateInFolder of ARRAY_FORMATS) {
      try {
        const located = await locateInFolder(join(path, folder), basename(path), options);
        if (located !== undefined) return { located };
      } catch (error) {
        failure ??= error;
      }
    }
  }
  return { failure };
}

/** The folder, then those in it that hold everything else: `.`, `X`, `X/X`. */
function wrappedFolders({ files }: FileTree): string[] {
  const folders = ['.'];
  for (let prefix = ''; ; ) {
    const inner = new Set(
      files.flatMap((file) => {
        const end = file.indexOf('/', prefix.length);
        return file.startsWith(prefix) && end >= 0 ? [file.slice(0, end + 1)] : [];
      }),
    );
    const [only] = inner;
    if (only === undefined || inner.size > 1) return folders;
    folders.push(only.slice(0, -1));
    prefix = only;
  }
}

/** A folder that holds one archive, and no folders. */
async function locateLoneArchive(folder: string): Promise<LocatedSource | undefined> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  const [file, ...others] = entries.filter(({ name }) => formatOf(name, ARCHIVES) !== undefined);
  if (file === undefined || others.length > 0 || entries.some((entry) => entry.isDirectory())) return undefined;
  return formatOf(file.name, ARCHIVES)?.locate(join(folder, file.name), basename(folder));
}

const formatOf = (name: string, formats: readonly FileFormat[]): FileFormat | undefined =>
  formats.find(({ ending }) => name.toLowerCase().endsWith(ending));

async function locateFile(path: string, { lonePart }: ReadOptions): Promise<LocatedSource> {
  const format = formatOf(path, FILE_FORMATS);
  if (format !== undefined) return format.locate(path);
  const refusal = refuseArchive(path);
  if (refusal !== undefined) throw refusal;
  if (isIdxName(path)) return locateIdxFile(path, lonePart);
  if (isUnreadFile(path)) return refuseUnreadFile(path);
  const endings = FILE_FORMATS.map(({ ending }) => ending).join(', ');
  throw new InvalidInputError(
    `Cannot use ${path} as a data set: a file must end in ${endings}; for images or IDX files, give the folder that holds them.`,
    { details: { path } },
  );
}

function unknownSource(source: string, path: string): InvalidInputError {
  const names = Object.keys(BUILT_IN);
  const nearest = nearestOf(source, names);
  const cure = nearest === undefined ? 'check the path, or give one of the names.' : `did you mean ${nearest}?`;
  return new InvalidInputError(
    `No data set ${JSON.stringify(source)}: it is neither a built-in name (${names.join(', ')}) nor an existing path (looked for ${path}); ${cure}`,
    { details: { source, path, ...(nearest !== undefined && { suggestion: nearest }) } },
  );
}

/** What the option `labels` names. */
export async function correctionsOf({ labels }: LoadOptions): Promise<Corrections | undefined> {
  return labels === undefined ? undefined : readCorrections(labels);
}

/** The options on which the data depends. */
export function relevantOptions({ size, test, seed, ...options }: LoadOptions, corrections?: Corrections): unknown {
  const { channels, layout, labelFrom, labelColumn, imageColumn, transpose, skipBroken, prepareAs } = options;
  const reading = [channels, layout, labelFrom, labelColumn, imageColumn, transpose, skipBroken, prepareAs];
  return [size?.height, size?.width, ...reading, test, seed, ...(corrections ? [corrections] : [])];
}

/** What was given of the options that decide what is loaded. */
function originOptions(options: LoadOptions): Omit<NonNullable<Dataset['origin']>, 'source'> {
  const { size, channels, layout, labelFrom, labelColumn, imageColumn, transpose } = options;
  const { dataDir, skipBroken, test, seed, labels } = options;
  return {
    ...(size && { size }),
    ...(channels && { channels }),
    ...(layout && { layout }),
    ...(labelFrom && { labelFrom }),
    ...(labelColumn !== undefined && { labelColumn }),
    ...(imageColumn !== undefined && { imageColumn }),
    ...(transpose !== undefined && { transpose }),
    ...(dataDir !== undefined && { dataDir }),
    ...(skipBroken !== undefined && { skipBroken }),
    ...(test !== undefined && { test }),
    ...(seed !== undefined && { seed }),
    ...(labels !== undefined && { labels }),
  };
}

const SELECTIVE: readonly { readonly name: SelectiveOption; readonly flag: string; readonly takers: string }[] = [
  { name: 'layout', flag: '--layout', takers: 'arrays and CSV files of pixels' },
  { name: 'labelFrom', flag: '--label-from', takers: 'images in a folder or an archive' },
  { name: 'labelColumn', flag: '--label-column', takers: 'tables, .npz files and Parquet files' },
  { name: 'imageColumn', flag: '--image-column', takers: 'tables of images, .npz files and Parquet files' },
  { name: 'transpose', flag: '--transpose', takers: 'arrays and CSV files of pixels' },
];

/** @throws {InvalidInputError} for an option that would change nothing. */
function checkTaken(source: string, { format, takes }: LocatedSource, options: LoadOptions): void {
  for (const { name, flag, takers } of SELECTIVE) {
    if (options[name] === undefined || takes.includes(name)) continue;
    throw new InvalidInputError(
      `${flag} has no meaning for ${source}, which is read as ${format}: it is for ${takers}; leave it out.`,
      { details: { option: name, value: options[name], format } },
    );
  }
}

/** @throws {InvalidInputError} for an option out of range. */
export function checkOptions({ size, channels, layout, labelFrom, test, seed }: LoadOptions): void {
  if (size !== undefined && ![size.height, size.width].every(isSide)) {
    throw new InvalidInputError(
      `The image size must be two whole numbers from 1 to ${LARGEST_SIDE}, got ${size.height} × ${size.width}: use --size 32x32, for example.`,
      { details: { size } },
    );
  }
  if (channels !== undefined && channels !== 'grey' && channels !== 'rgb') {
    throw new InvalidInputError(`The colour mode must be grey or rgb, got ${JSON.stringify(channels)}.`, {
      details: { channels },
    });
  }
  if (layout !== undefined && layout !== 'nhwc' && layout !== 'nchw') {
    throw new InvalidInputError(`The layout must be nhwc or nchw, got ${JSON.stringify(layout)}.`, {
      details: { layout },
    });
  }
  if (labelFrom !== undefined && !['folders', 'table', 'name'].includes(labelFrom)) {
    throw new InvalidInputError(`Labels come from folders, table or name, got ${JSON.stringify(labelFrom)}.`, {
      details: { labelFrom },
    });
  }
  if (test !== undefined) checkTestFraction(test);
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw new InvalidInputError(`The seed must be a whole number, got ${seed}.`, { details: { seed } });
  }
}

const isSide = (side: number): boolean => Number.isInteger(side) && side >= 1 && side <= LARGEST_SIDE;
