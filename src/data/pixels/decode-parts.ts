// Encoded images, wherever they are stored → parts of one shape.

import { relative } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import { formatError, reasonOf } from '../../files/format-error.ts';
import type { Examples } from '../set/dataset.ts';
import type { DatasetParts, ReadOptions, TargetSize } from '../set/source.ts';
import { decodeImage } from './decode-image.ts';
import { formatOf } from './image-formats.ts';
import { decidePreparation } from './image-preparation.ts';
import { createImageStore } from './image-store.ts';
import { type Detail, detailOf, detailSize, sufficientSide } from './measure-detail.ts';
import { type ImageMeasure, measureImage } from './measure-image.ts';
import { openImage } from './open-image.ts';
import { DARK } from './pixel-values.ts';
import { chooseChannels } from './planes.ts';

/** One image: a file of its own, or a row of a file. */
export interface ImagePlace {
  readonly path: string;
  readonly row?: number;
  readonly label: number;
}

export interface EncodedImages {
  readonly name: string;
  /** The file or folder, for messages. */
  readonly source: string;
  readonly classes: readonly string[];
  readonly train: readonly ImagePlace[];
  readonly validation?: readonly ImagePlace[] | undefined;
  readonly test: readonly ImagePlace[] | undefined;
  /**
   * Calls `read` with the bytes of every image, several at a time, and gives the results in the order of `train`, then
   * `validation`, then `test`. It is called twice, first for what has to be known of all images, so that the bytes need not stay
   * in memory.
   */
  readAll<T>(
    read: (place: ImagePlace, bytes: () => Promise<Uint8Array>) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T[]>;
  readonly notes: readonly string[];
}

/** Larger images would make every search slow, so they must be asked for. */
const LARGEST_DEFAULT_SIDE = 64;

/** So many training images tell how much detail there is, about as many of each class. */
const DETAIL_SAMPLE = 20;

/** What became of an image; `value` is undefined if the image is broken and left out. */
interface Read<T> {
  readonly place: ImagePlace;
  readonly value: T | undefined;
}

/**
 * Decodes all images and brings them to one size: the one asked for; otherwise the most frequent size if that is at most
 * 64 × 64; otherwise 32, 48 or 64 pixels, whichever shows all that can be seen in them or comes closest. Smaller images
 * are enlarged.
 *
 * @throws {DataFormatError} for the first broken image, unless `skipBroken` leaves them out.
 * @throws {InvalidInputError} if all training images of a class, or all images of another part, are broken.
 */
export async function decodeParts(images: EncodedImages, options: ReadOptions): Promise<DatasetParts> {
  const { name, classes, train, validation, test } = images;
  const testFrom = train.length + (validation?.length ?? 0);
  const count = testFrom + (test?.length ?? 0);
  let done = 0;
  const readAll = <T, R>(
    read: (bytes: Uint8Array, place: ImagePlace) => Promise<T>,
    keep: (value: T) => R,
    skipBroken = options.skipBroken ?? false,
  ): Promise<Read<R>[]> =>
    images.readAll(async (place, bytes) => {
      const { value } = await readOne(place, bytes, (encoded) => read(encoded, place), skipBroken);
      options.onProgress?.(++done, 2 * count);
      return { place, value: value === undefined ? undefined : keep(value) };
    }, options.signal);

  // If no size has to be found out, broken images can wait for the second reading, which finds the first of all.
  const needsSize = options.size === undefined;
  const sample = new Set(needsSize ? sampleOf(train) : []);
  const seen = await readAll(
    (bytes, place) => inspectImage(bytes, needsSize, sample.has(place)),
    (inspected) => inspected,
    options.skipBroken || !needsSize,
  );
  const sizes = seen.flatMap(({ value }) => value?.size ?? []);
  const details = seen.filter(({ value }) => value?.detail !== undefined);
  const detail = sufficientSide(
    details.flatMap(({ value }) => value?.detail ?? []),
    details.map(({ place }) => place.label),
  );
  const { sourceSize, ...byDefault } = defaultSize(sizes, detail);
  const size = options.size ?? byDefault.size;
  const measures = (from: number, to: number): ImageMeasure[] =>
    seen.slice(from, to).flatMap(({ value }) => value ?? []);
  const { notes, ...preparation } = decidePreparation(
    images.source,
    {
      train: measures(0, train.length),
      validation: validation && measures(train.length, testFrom),
      test: test && measures(testFrom, count),
    },
    options.prepareAs,
  );
  const store = createImageStore(count, size, options.overflow);
  let brightest = 0;
  const decoded = await readAll(
    (bytes) => decodeImage(bytes, size, preparation),
    (planes) => {
      // Seen soon in nearly all data.
      if (brightest < DARK) for (const value of planes) if (value > brightest) brightest = value;
      return store.add(planes);
    },
  );
  const broken = decoded.filter(({ value }) => value === undefined).map(({ place }) => place);
  if (options.lonePart !== true || broken.length === count) checkNothingVanished(images, broken);

  const shape = { ...size, channels: chooseChannels(store.allGrey(), options.channels) };
  const join = (part: readonly Read<number>[]): Examples => {
    const whole = part.filter(({ value }) => value !== undefined);
    return store.take(
      whole.flatMap(({ value }) => value ?? []),
      whole.map(({ place }) => place.label),
      shape,
    );
  };
  return {
    name,
    shape,
    classes,
    train: join(decoded.slice(0, train.length)),
    validation: validation === undefined ? undefined : join(decoded.slice(train.length, testFrom)),
    test: test === undefined ? undefined : join(decoded.slice(testFrom)),
    ...preparation,
    ...(sourceSize && { sourceSize }),
    nameOf: namesIn(images, broken),
    notes: [
      ...describeBroken(images, broken),
      ...images.notes,
      ...describeSizes(sizes, size, sourceSize?.detail, count),
      ...describePages(images.source, seen),
      ...describeDark(brightest),
      ...notes,
    ],
  };
}

/** `size` is undefined if nobody needs it, `detail` also where it is not measured. */
type Inspected = ImageMeasure & {
  readonly size?: TargetSize;
  readonly detail?: Detail;
  readonly pages?: number | undefined;
};

/** Reads the header, and the pixels only if the image is transparent, has 16 bits, or its detail is wanted. */
async function inspectImage(bytes: Uint8Array, needsSize: boolean, needsDetail: boolean): Promise<Inspected> {
  // JPEG is neither.
  if (!needsSize && formatOf(bytes) === 'jpeg') return {};
  const image = await openImage(bytes);
  const { height, width, pages, deep } = image.header;
  // What can be seen of 16 bits depends on the range of all images.
  const measured = needsDetail && !deep && isLarge(image.header);
  return {
    ...(needsSize && { size: { height, width } }),
    ...(measured && { detail: await measureDetail(bytes, image.header) }),
    ...(pages && { pages }),
    ...(await measureImage(image)),
  };
}

const isLarge = ({ height, width }: TargetSize): boolean => Math.max(height, width) > LARGEST_DEFAULT_SIDE;

async function measureDetail(bytes: Uint8Array, header: TargetSize): Promise<Detail> {
  const size = detailSize(header);
  // Rounded sizes would leave bars at the sides, whose edges are no detail of the image.
  return detailOf(await decodeImage(bytes, size, {}, 'fill'), size);
}

/** As many of each class: what is to be seen may be in a rare one. */
function sampleOf(train: readonly ImagePlace[]): readonly ImagePlace[] {
  const labels = [...new Set(train.map(({ label }) => label))];
  const each = Math.ceil(DETAIL_SAMPLE / labels.length);
  return spread(
    labels.flatMap((label) =>
      spread(
        train.filter((place) => place.label === label),
        each,
      ),
    ),
    DETAIL_SAMPLE,
  );
}

/** So many of the items at most, from everywhere among them. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  const position = (i: number): number => Math.floor((i * count) / items.length);
  return items.length <= count ? items : items.filter((_, i) => i === 0 || position(i) !== position(i - 1));
}

/** The first few paths, relative to a folder. */
function listPaths(folder: string, paths: readonly string[]): string {
  const names = paths.slice(0, 3).map((path) => relative(folder, path) || path);
  return `${names.join(', ')}${paths.length > names.length ? ', …' : ''}`;
}

async function readOne<T>(
  place: ImagePlace,
  bytes: () => Promise<Uint8Array>,
  read: (bytes: Uint8Array) => Promise<T>,
  skipBroken: boolean,
): Promise<Read<T>> {
  const { label: _, path, ...position } = place;
  try {
    return { place, value: await read(await bytes()) };
  } catch (cause) {
    if (skipBroken) return { place, value: undefined };
    if (cause instanceof InvalidInputError) throw cause;
    const what = `the image cannot be decoded (${reasonOf(cause)})`;
    throw formatError(path, position, what, 'mend or remove it, or leave broken images out with --skip-broken', cause);
  }
}

/**
 * The most frequent size if it is small, the smaller of equally frequent ones; otherwise the side that shows all that can be
 * seen, or the largest default.
 *
 * @param sizes  found out, if none was asked for.
 */
function defaultSize(
  sizes: readonly TargetSize[],
  detail: number | undefined,
): { readonly size: TargetSize; readonly sourceSize?: NonNullable<DatasetParts['sourceSize']> } {
  const largest = { height: LARGEST_DEFAULT_SIDE, width: LARGEST_DEFAULT_SIDE };
  const counts = new Map<string, { readonly size: TargetSize; readonly count: number }>();
  for (const size of sizes) {
    const key = sizeText(size);
    counts.set(key, { size, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const area = ({ height, width }: TargetSize): number => height * width;
  const [first] = [...counts.values()].sort(
    (a, b) => b.count - a.count || area(a.size) - area(b.size) || a.size.height - b.size.height,
  );
  if (first === undefined) return { size: largest };
  if (!isLarge(first.size)) return { size: first.size };
  const side = Math.min(detail ?? LARGEST_DEFAULT_SIDE, LARGEST_DEFAULT_SIDE);
  return {
    size: { height: side, width: side },
    sourceSize: { ...first.size, ...(detail !== undefined && { detail }) },
  };
}

function checkNothingVanished(
  { source, classes, train, validation, test }: EncodedImages,
  broken: readonly ImagePlace[],
): void {
  const [example] = broken;
  if (example === undefined) return;
  const gone = new Set(broken);
  const labels = new Set(train.filter((place) => !gone.has(place)).map(({ label }) => label));
  const emptied = classes.find((_, label) => !labels.has(label));
  const what =
    emptied !== undefined
      ? `all training images of ${emptied}`
      : validation?.every((place) => gone.has(place))
        ? 'all validation images'
        : test?.every((place) => gone.has(place))
          ? 'all test images'
          : undefined;
  if (what === undefined) return;
  throw new InvalidInputError(
    `Cannot use ${source} as a data set: ${what} are broken (${nameOf(example)}, for example); add images that can be decoded.`,
    { details: { path: source, broken: broken.map(nameOf) } },
  );
}

/** The paths of what is left, relative to the source. */
function namesIn(
  { source, train, validation, test }: EncodedImages,
  broken: readonly ImagePlace[],
): NonNullable<DatasetParts['nameOf']> {
  const gone = new Set(broken);
  const left = (places: readonly ImagePlace[] = []): ImagePlace[] => places.filter((place) => !gone.has(place));
  const places = { train: left(train), validation: left(validation), test: left(test) };
  return (part, index) => {
    const place = places[part][index];
    return place === undefined ? '' : relative(source, nameOf(place)) || nameOf(place);
  };
}

const nameOf = ({ path, row }: ImagePlace): string => (row === undefined ? path : `${path}, row ${row}`);

function describeBroken({ source }: EncodedImages, broken: readonly ImagePlace[]): string[] {
  if (broken.length === 0) return [];
  return [`Broken images were left out: ${broken.length} (${listPaths(source, broken.map(nameOf))}).`];
}

/** @param sizes  found out, if none was asked for. */
function describeSizes(
  sizes: readonly TargetSize[],
  size: TargetSize,
  detail: number | undefined,
  count: number,
): string[] {
  const resized = sizes.filter((each) => sizeText(each) !== sizeText(size)).length;
  if (resized === 0) return [];
  const reason =
    detail !== undefined && detail < LARGEST_DEFAULT_SIDE ? ', which shows all that can be seen in them' : '';
  return [`Images were resized to ${sizeText(size)}${reason}: ${resized} of ${count}; --size chooses another size.`];
}

function describePages(source: string, seen: readonly Read<Inspected>[]): string[] {
  const several = seen.filter(({ value }) => value?.pages !== undefined).map(({ place }) => nameOf(place));
  if (several.length === 0) return [];
  return [
    `Of images with several frames or pages, the first was taken: ${several.length} (${listPaths(source, several)}).`,
  ];
}

/** @param brightest  pixel of all images. */
function describeDark(brightest: number): string[] {
  if (brightest === 0 || brightest >= DARK) return [];
  return [
    `The images were left as they are, although no pixel is brighter than ${brightest} of 255; if that is their whole range, scale them to 0..255.`,
  ];
}

const sizeText = ({ height, width }: TargetSize): string => `${height} × ${width}`;
