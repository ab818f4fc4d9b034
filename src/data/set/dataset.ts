// What every format becomes: unsigned bytes, channels first, with the test part kept apart from the start.

/** Labelled images. `labels` are indices into `Dataset.classes`. */
export interface Examples {
  readonly count: number;
  /**
   * `[count, channels, height, width]`, raw values 0..255. Images that memory should not hold stay in a file;
   * {@link readImages} reads both.
   */
  readonly pixels:
    | Uint8Array
    | {
        /** Copies one image to `target`, whose length is the size of an image. */
        read(index: number, target: Uint8Array): void;
      };
  /** `[count]`. */
  readonly labels: Int32Array;
}

export type StoredImages = Exclude<Examples['pixels'], Uint8Array>;

export interface ExamplesInMemory extends Examples {
  readonly pixels: Uint8Array;
}

/** A packed data set. The examples of each part are in an order that depends on their content alone. */
export interface Dataset {
  readonly name: string;
  /** Of every image; `channels` is 1 (grey) or 3 (red, green, blue), or the number of features. */
  readonly shape: { readonly channels: number; readonly height: number; readonly width: number };
  /** Names, in the order of the labels. */
  readonly classes: readonly string[];
  readonly train: Examples;
  /**
   * The validation part that the data comes with: a search scores its candidates on it, and the final training is on the
   * training part and this one. Undefined if the data has none; then a search holds training images out.
   */
  readonly validation?: Examples;
  readonly test: Examples;
  /** SHA-256 (hex) of shape, class names and all examples; the same images give the same one in any format. */
  readonly fingerprint: string;
  /**
   * The values in the data that became 0 and 255. Absent where bytes stayed as they are. New images of the same kind are
   * prepared alike.
   */
  readonly pixelRange?: { readonly low: number; readonly high: number };
  /** What lies under transparent images and beside those of another aspect. Absent: black. */
  readonly ground?: 'white';
  /** Only of features that stand for images: how the output of a backbone became bytes. */
  readonly features?: {
    /** How the output lies: [N, C], [N, C, H, W] or [N, H, W, C]. */
    readonly arrangement: 'vector' | 'nchw' | 'nhwc';
    /** The value of each channel that became 0. */
    readonly low: readonly number[];
    /** And 255. */
    readonly high: readonly number[];
  };
  /**
   * The most frequent size of the images in the source. Only where it is larger than images are brought to by themselves, and
   * nobody asked for a size.
   */
  readonly sourceSize?: {
    readonly height: number;
    readonly width: number;
    /** The side with which most of each class show all that can be seen: 32, 48, 64 or 96; absent if more is needed. */
    readonly detail?: number;
  };
  /** What a user should know about the loading: images skipped or resized, a test part split off. */
  readonly notes: readonly string[];
  /** Where it was loaded from and how, which is what it takes to load it again; arrays have no such place. */
  readonly origin?: {
    readonly source: string;
    readonly size?: { readonly height: number; readonly width: number };
    readonly channels?: 'grey' | 'rgb';
    readonly layout?: 'nhwc' | 'nchw';
    readonly labelFrom?: 'folders' | 'table' | 'name';
    readonly labelColumn?: string;
    readonly imageColumn?: string;
    readonly transpose?: boolean;
    readonly dataDir?: string;
    readonly skipBroken?: boolean;
    readonly test?: number;
    readonly seed?: number;
    readonly labels?: string;
  };
}

/** What is decided once for all images of a data set and kept in its models; nothing where nothing special is done. */
export type Preparation = Pick<Dataset, 'pixelRange' | 'ground'>;

/** The preparation alone, without keys that are undefined. */
export function preparationOf({
  pixelRange,
  ground,
}: {
  readonly pixelRange?: Dataset['pixelRange'] | undefined;
  readonly ground?: Dataset['ground'] | undefined;
}): Preparation {
  return { ...(pixelRange && { pixelRange }), ...(ground && { ground }) };
}

/** Size of one image. */
export type ImageShape = Dataset['shape'];

/** Bytes of one image. */
export function imageSizeOf(shape: ImageShape): number {
  return shape.channels * shape.height * shape.width;
}

/** The number of images of each class. */
export function countLabels({ labels }: Examples, classes: readonly string[]): number[] {
  const counts = classes.map(() => 0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/**
 * The pixels of images `from` to `to - 1`: a view if they are in memory, a copy if they are in a file.
 *
 * @param imageSize  bytes of one image.
 * @returns `[to - from, channels, height, width]`.
 * @throws {DataFormatError} if the file has been damaged since it was opened.
 */
export function readImages({ pixels }: Examples, imageSize: number, from: number, to: number): Uint8Array {
  if (pixels instanceof Uint8Array) return pixels.subarray(from * imageSize, to * imageSize);
  const images = new Uint8Array((to - from) * imageSize);
  for (let i = from; i < to; i++) pixels.read(i, images.subarray((i - from) * imageSize, (i - from + 1) * imageSize));
  return images;
}

/**
 * Some examples, in the order of `indices`. Images in memory are copied, those in a file stay there.
 *
 * @param imageSize  bytes of one image.
 * @param indices    positions in `examples`; repeats are allowed.
 */
export function selectExamples(examples: Examples, imageSize: number, indices: ArrayLike<number>): Examples {
  const { pixels: from } = examples;
  const labels = Int32Array.from(indices, (index) => examples.labels[index] ?? 0);
  if (!(from instanceof Uint8Array)) {
    const pixels: StoredImages = { read: (index, target) => from.read(indices[index] ?? 0, target) };
    return { count: indices.length, pixels, labels };
  }
  const pixels = new Uint8Array(indices.length * imageSize);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] ?? 0;
    pixels.set(from.subarray(index * imageSize, (index + 1) * imageSize), i * imageSize);
  }
  return { count: indices.length, pixels, labels };
}

/**
 * The first examples, then the second ones. No image is copied: if they lie side by side in memory, as those of a packed
 * data set do, the result is a view; otherwise images are read from where they are.
 *
 * @param imageSize  bytes of one image.
 */
export function joinExamples(first: Examples, second: Examples, imageSize: number): Examples {
  const count = first.count + second.count;
  const labels = new Int32Array(count);
  labels.set(first.labels);
  labels.set(second.labels, first.count);
  return { count, pixels: viewOfBoth(first.pixels, second.pixels) ?? { read }, labels };

  function read(index: number, target: Uint8Array): void {
    const [{ pixels }, at] = index < first.count ? [first, index] : [second, index - first.count];
    if (pixels instanceof Uint8Array) target.set(pixels.subarray(at * imageSize, (at + 1) * imageSize));
    else pixels.read(at, target);
  }
}

function viewOfBoth(first: Examples['pixels'], second: Examples['pixels']): Uint8Array | undefined {
  if (!(first instanceof Uint8Array && second instanceof Uint8Array)) return undefined;
  const areSideBySide = first.buffer === second.buffer && first.byteOffset + first.length === second.byteOffset;
  return areSideBySide ? new Uint8Array(first.buffer, first.byteOffset, first.length + second.length) : undefined;
}
