// What a format has to provide to be loaded. Everything after it (order, test part, fingerprint, cache) is shared.

import type { Examples, ImageShape } from './dataset.ts';

/** How colour is stored: one channel, or red, green and blue. */
export type ColourMode = 'grey' | 'rgb';

/** Order of the axes of coloured images in arrays: channels last or channels first. */
export type PixelLayout = 'nhwc' | 'nchw';

export interface TargetSize {
  readonly height: number;
  readonly width: number;
}

export interface Overflow {
  readonly folder: string;
  /** Of pixels in memory. */
  readonly limitBytes: number;
}

/** What the user asked for; a format leaves out what has no meaning for it. */
export interface ReadOptions {
  /** All images are brought to this size, aspect kept, black added. Without it the format chooses. */
  readonly size?: TargetSize | undefined;
  /** Without it, grey if every image is grey. */
  readonly channels?: ColourMode | undefined;
  /** For arrays and rows of numbers. Without it the format chooses. */
  readonly layout?: PixelLayout | undefined;
  /** Leave out images that cannot be decoded, and say so in the notes. */
  readonly skipBroken?: boolean | undefined;
  /** Where decoded images wait that are more than memory should hold. Without it they stay in memory. */
  readonly overflow?: Overflow | undefined;
  /** Called with steps done and in all; an image may be several steps. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a format reads: parts in any order. Without `test`, a test part is split off later. */
export interface DatasetParts {
  readonly name: string;
  readonly shape: ImageShape;
  readonly classes: readonly string[];
  readonly train: Examples;
  readonly test?: Examples | undefined;
  readonly notes: readonly string[];
}

/** A source whose format is recognised, not yet read. */
export interface LocatedSource {
  readonly format: string;
  /** Absolute paths of every file on which the result depends; a change in any of them invalidates the cache. */
  readonly files: readonly string[];
  read(options: ReadOptions): Promise<DatasetParts>;
}

/**
 * Recognises a format in a folder.
 *
 * @returns undefined if the folder holds something else.
 * @throws {InvalidInputError} if it is this format, but not usable.
 */
export type LocateInFolder = (folder: string) => Promise<LocatedSource | undefined>;

/** Takes one file, by its name; what it holds is checked when it is read. */
export type LocateFile = (path: string, name?: string) => Promise<LocatedSource> | LocatedSource;
