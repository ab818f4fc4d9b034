// What a format has to provide to be loaded. All formats share what comes after it: order, test part, fingerprint, cache.

import type { Dataset, Examples, ImageShape } from './dataset.ts';

/** Where images go that memory should not hold. */
export interface Overflow {
  readonly folder: string;
  /** Bytes of pixels that memory may hold. */
  readonly limitBytes: number;
}

/** What the user asked for. */
export interface ReadOptions {
  /** All images are brought to this size: the aspect is kept, black is added. Without it the format chooses. */
  readonly size?: { readonly height: number; readonly width: number } | undefined;
  /** One channel, or red, green and blue. Without it, images are grey if all of them are. */
  readonly channels?: 'grey' | 'rgb' | undefined;
  /** Channels of arrays and rows of numbers: last or first. Without it the format chooses. */
  readonly layout?: 'nhwc' | 'nchw' | undefined;
  /** Where the classes come from: folders, a table beside the images, or the images' names. Without it they are found out. */
  readonly labelFrom?: 'folders' | 'table' | 'name' | undefined;
  /** The column of a table that holds the labels. Without it the column is found by its name. */
  readonly labelColumn?: string | undefined;
  /** The column of a table that names the images, or holds them. Without it the column is found by its name. */
  readonly imageColumn?: string | undefined;
  /** Swaps rows and columns of images in arrays and rows of numbers: those of EMNIST lie on their side. */
  readonly transpose?: boolean | undefined;
  /**
   * Takes parts as they are, for scoring, not for training: the training part may be empty, and there may be a single class,
   * or classes that only another part has.
   *
   * @internal
   */
  readonly lonePart?: boolean | undefined;
  /** Leaves out images that cannot be decoded, and says so in the notes. */
  readonly skipBroken?: boolean | undefined;
  /**
   * How a model prepares images, to read others alike: with it, nothing is decided by the content of these.
   *
   * @internal
   */
  readonly prepareAs?: Pick<Dataset, 'ground' | 'pixelRange'> | undefined;
  /**
   * Where decoded images wait if memory should not hold them all. Without it they stay in memory.
   *
   * @internal
   */
  readonly overflow?: Overflow | undefined;
  /** Called with the steps done and their total; an image may be several steps. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type ColourMode = NonNullable<ReadOptions['channels']>;
export type PixelLayout = NonNullable<ReadOptions['layout']>;
export type TargetSize = NonNullable<ReadOptions['size']>;

export type Part = 'train' | 'validation' | 'test';

/** What a file, an array or a row range of a file is to the data set. */
export interface FileRole {
  /** Relative to the source, with `/`; an array or an entry of a file in parentheses: `a.npz (x_train)`. */
  readonly file: string;
  /** Undefined if it is left out. */
  readonly part?: Part | undefined;
  /** Undefined if it is left out or holds several classes. */
  readonly className?: string | undefined;
  /** Why: `folder train/cat`, `metadata.csv, column dx`, `not an image`. */
  readonly rule: string;
}

/**
 * What a format reads: parts in any order. Without `test`, a test part is split off later; a `validation` part without a
 * test part becomes the test part.
 */
export interface DatasetParts {
  readonly name: string;
  readonly shape: ImageShape;
  readonly classes: readonly string[];
  readonly train: Examples;
  readonly validation?: Examples | undefined;
  readonly test?: Examples | undefined;
  /** What `train` really is, if the option `lonePart` put another part in its place. */
  readonly lonePart?: Part | undefined;
  /** As in `Dataset`. */
  readonly pixelRange?: Dataset['pixelRange'] | undefined;
  /** What stands for an example in a note, a path for instance. Without it notes give classes and numbers. */
  readonly nameOf?: ((part: Part, index: number) => string) | undefined;
  /** As in `Dataset`. */
  readonly ground?: Dataset['ground'] | undefined;
  /** As in `Dataset`. */
  readonly sourceSize?: Dataset['sourceSize'] | undefined;
  readonly notes: readonly string[];
}

/** Options that only some formats can follow. */
export type SelectiveOption = 'layout' | 'labelFrom' | 'labelColumn' | 'imageColumn' | 'transpose';

/** A source whose format is recognised, but which is not read yet. */
export interface LocatedSource {
  readonly format: string;
  /** The others of these options have no meaning for the format, and are refused. */
  readonly takes: readonly SelectiveOption[];
  /** Absolute paths of all files on which the result depends; a change in any of them invalidates the cache. */
  readonly files: readonly string[];
  read(options: ReadOptions): Promise<DatasetParts>;
  /** Every file, in the order of names, and what it is to the data set. Reads no pixels. */
  explain?(options: ReadOptions): Promise<readonly FileRole[]>;
}

/**
 * Recognises a format in a folder.
 *
 * @returns undefined if the folder holds something else.
 * @throws {InvalidInputError} if it is this format, but not usable.
 */
export type LocateInFolder = (
  folder: string,
  name?: string,
  options?: Pick<ReadOptions, 'lonePart'>,
) => Promise<LocatedSource | undefined>;

/** Takes a file by its name. Its content is checked when it is read. */
export type LocateFile = (path: string, name?: string) => Promise<LocatedSource> | LocatedSource;
