// Files of a folder or an archive, whatever it is: what looks for classes and parts sees names, and reads by them.

import { InvalidInputError } from '../../errors.ts';

/** Files of a folder or an archive. */
export interface FileTree {
  /** Path of the folder or archive, for messages. */
  readonly root: string;
  /** Relative paths with `/`, in the order of code points. Folders that hold nothing are not there. */
  readonly files: readonly string[];
  /** What was left out, and why. */
  readonly leftOut: readonly LeftOutFile[];
  readonly notes: readonly string[];
  /**
   * The content of one file, as long as that is small: for many files, `readAll` is faster.
   *
   * @throws {InvalidInputError} if it cannot be read, or there is no such file.
   * @throws {DataFormatError} if the archive is damaged there.
   */
  read(file: string): Promise<Uint8Array>;
  /**
   * Calls `use` with the content of each file, several at a time, in the order that suits the archive.
   *
   * @param use  is given the position of the file in `files`. What `bytes` throws is as in `read`.
   * @returns the results in the order of `files`.
   */
  readAll<T>(
    files: readonly string[],
    use: (index: number, bytes: () => Promise<Uint8Array>) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T[]>;
}

export interface LeftOutFile {
  /** As in `FileTree.files`, or quoted if it cannot be shown. */
  readonly file: string;
  /** Without a capital and a full stop: `a symbolic link to nothing`. */
  readonly reason: string;
}

/** @throws {InvalidInputError} */
export function missingFile(root: string, file: string): never {
  throw new InvalidInputError(`Cannot read ${file} in ${root}: it does not exist; check the path.`, {
    details: { path: root, file },
  });
}

/** Hidden files, and what systems and programs leave in folders. They are passed over without a word. */
export function isSystemName(name: string): boolean {
  return name.startsWith('.') || SYSTEM_NAMES.has(name.toLowerCase());
}

const SYSTEM_NAMES: ReadonlySet<string> = new Set([
  '__macosx',
  'icon\r',
  'thumbs.db',
  'ehthumbs.db',
  'ehthumbs_vista.db',
  'desktop.ini',
  '$recycle.bin',
  'recycler',
  'system volume information',
  'lost+found',
  // Of network storage.
  '@eadir',
  '@tmp',
  '@recycle',
  '#recycle',
  '#snapshot',
  '__pycache__',
]);
