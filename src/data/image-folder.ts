// Folders of PNG, JPEG and WebP images, one folder a class.

import { readFile } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import { DataFormatError, InvalidInputError } from '../errors.ts';
import { mapConcurrently } from './concurrency.ts';
import { decodeImage, readImageSize } from './decode-image.ts';
import { fileFailure } from './file-failure.ts';
import { type ImageFile, type ImageListing, listImageFolder } from './image-folder-listing.ts';
import type { DatasetParts, LocatedSource, ReadOptions, TargetSize } from './loader.ts';
import { chooseChannels, joinImages } from './pixels.ts';

/**
 * Takes any folder as a folder of images, so it must be the last format that is tried.
 *
 * All images are brought to one size: the one asked for; otherwise the most frequent size if that is at most 64 × 64;
 * otherwise 64 × 64. Smaller images are enlarged.
 *
 * @throws {InvalidInputError} see `listImageFolder`.
 */
export async function locateImageFolder(folder: string): Promise<LocatedSource> {
  const listing = await listImageFolder(folder);
  const files = [...listing.train, ...(listing.test ?? [])].map(({ path }) => path);
  return {
    format: 'image-folder',
    files: [...files, ...listing.ignored, ...listing.unusedFolders],
    read: (options) => readListing(folder, listing, options),
  };
}

/** Beyond this, an image that was not asked for at its full size would make every search slow. */
const LARGEST_DEFAULT_SIDE = 64;

/** An image whose size or pixels are known, or why they are not. */
interface Read<T> {
  readonly file: ImageFile;
  readonly value: T | undefined;
}

async function readListing(folder: string, listing: ImageListing, options: ReadOptions): Promise<DatasetParts> {
  const { classes, train, test = [] } = listing;
  const files = [...train, ...test];
  const total = options.size === undefined ? 2 * files.length : files.length;
  let done = 0;
  const readAll = <T>(read: (bytes: Buffer) => Promise<T>): Promise<Read<T>[]> =>
    mapConcurrently(files, (file) => readOne(file, read, options.skipBroken ?? false), {
      signal: options.signal,
      onDone: () => options.onProgress?.(++done, total),
    });

  const sizes = options.size === undefined ? await readAll(readImageSize) : [];
  const size = options.size ?? defaultSize(sizes.flatMap(({ value }) => value ?? []));
  const decoded = await readAll((bytes) => decodeImage(bytes, size));
  const broken = decoded.filter(({ value }) => value === undefined).map(({ file }) => file);
  checkNothingVanished(folder, listing, broken);

  const images = decoded.flatMap(({ value }) => value ?? []);
  const shape = { ...size, channels: chooseChannels(images, size.height * size.width, options.channels) };
  const join = (part: readonly Read<Uint8Array>[]): DatasetParts['train'] => {
    const whole = part.filter(({ value }) => value !== undefined);
    return joinImages(
      whole.flatMap(({ value }) => value ?? []),
      whole.map(({ file }) => file.label),
      shape,
    );
  };
  return {
    name: basename(folder),
    shape,
    classes,
    train: join(decoded.slice(0, train.length)),
    test: listing.test === undefined ? undefined : join(decoded.slice(train.length)),
    notes: describe(folder, listing, broken, sizes, size),
  };
}

async function readOne<T>(file: ImageFile, read: (bytes: Buffer) => Promise<T>, skipBroken: boolean): Promise<Read<T>> {
  const { path } = file;
  try {
    const bytes = await readFile(path).catch((error: unknown) => {
      throw fileFailure('read the image', path, error);
    });
    return { file, value: await read(bytes) };
  } catch (cause) {
    if (skipBroken) return { file, value: undefined };
    if (cause instanceof InvalidInputError) throw cause;
    const reason = (cause instanceof Error ? cause.message : String(cause)).trim().replaceAll(/\s*\n\s*/g, '; ');
    throw new DataFormatError(
      `Cannot decode the image ${path} (${reason}): mend or remove it, or leave broken images out with --skip-broken.`,
      { details: { path }, cause },
    );
  }
}

/** The most frequent size, ties to the smaller, if it is small; otherwise the largest default. */
function defaultSize(sizes: readonly TargetSize[]): TargetSize {
  const counts = new Map<string, { readonly size: TargetSize; readonly count: number }>();
  for (const size of sizes) {
    const key = sizeText(size);
    counts.set(key, { size, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const area = ({ height, width }: TargetSize): number => height * width;
  const [first] = [...counts.values()].sort(
    (a, b) => b.count - a.count || area(a.size) - area(b.size) || a.size.height - b.size.height,
  );
  const side = LARGEST_DEFAULT_SIDE;
  if (first === undefined || first.size.height > side || first.size.width > side) return { height: side, width: side };
  return first.size;
}

function checkNothingVanished(
  folder: string,
  { classes, train, test }: ImageListing,
  broken: readonly ImageFile[],
): void {
  if (broken.length === 0) return;
  const gone = new Set(broken);
  const labels = new Set(train.filter((file) => !gone.has(file)).map(({ label }) => label));
  const emptied = classes.find((_, label) => !labels.has(label));
  const what =
    emptied !== undefined
      ? `all training images of ${emptied}`
      : test?.every((file) => gone.has(file))
        ? 'all test images'
        : undefined;
  if (what === undefined) return;
  const example = broken[0]?.path ?? '';
  throw new InvalidInputError(
    `Cannot use ${folder} as a data set: ${what} are broken (${example}, for example); add images that can be decoded.`,
    { details: { path: folder, broken: broken.map(({ path }) => path) } },
  );
}

function describe(
  folder: string,
  listing: ImageListing,
  broken: readonly ImageFile[],
  sizes: readonly Read<TargetSize>[],
  size: TargetSize,
): string[] {
  const notes: string[] = [];
  const inFolder = (paths: readonly string[]): string => {
    const names = paths.slice(0, 3).map((path) => relative(folder, path));
    return `${names.join(', ')}${paths.length > names.length ? ', …' : ''}`;
  };
  const { ignored, unusedFolders } = listing;
  if (broken.length > 0) {
    notes.push(`Broken images left out: ${broken.length} (${inFolder(broken.map(({ path }) => path))}).`);
  }
  if (ignored.length > 0) {
    notes.push(`Files left out that are no images of a class: ${ignored.length} (${inFolder(ignored)}).`);
  }
  if (unusedFolders.length > 0) notes.push(`Folders beside train and test left out: ${inFolder(unusedFolders)}.`);
  const resized = sizes.filter(({ value }) => value !== undefined && sizeText(value) !== sizeText(size)).length;
  if (resized > 0) {
    notes.push(`Images resized to ${sizeText(size)}: ${resized} of ${sizes.length}; --size chooses another size.`);
  }
  return notes;
}

const sizeText = ({ height, width }: TargetSize): string => `${height} × ${width}`;
