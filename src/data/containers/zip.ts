// Reads entries of a zip archive in place, by name. Nothing is written under the name of an entry, so none can land anywhere.

import { LARGEST_ARRAY } from '../../files/memory-limit.ts';
import type { UnnamedFile } from '../../files/unnamed-file.ts';
import { readZipDirectory } from './zip-directory.ts';
import { readEntry, storeEntry } from './zip-entry.ts';
import { withZipSource } from './zip-source.ts';

export interface ZipArchive {
  readonly names: readonly string[];
  /**
   * @returns the content, or undefined if there is no such entry.
   * @throws {DataFormatError} with the byte offset, if it is damaged or larger than it says or than memory holds.
   */
  read(name: string): Promise<Buffer | undefined>;
  /** The size of the content in bytes, as the directory has it. */
  sizeOf(name: string): number | undefined;
  /** As `read`, for what memory should not hold: puts the content in a file without a name in `folder`. */
  store(name: string, folder: string): Promise<UnnamedFile | undefined>;
}

/**
 * Opens an archive while `use` runs. ZIP64 is read. Encryption, several disks, and methods other than "stored" and
 * "deflated" are not.
 *
 * @param largestEntry  size in bytes of the largest entry that is read.
 * @throws {InvalidInputError} if the file cannot be read.
 * @throws {DataFormatError} if it is not a zip archive, or its directory is damaged.
 * @see APPNOTE.TXT 6.3.10 of PKWARE, sections 4.3.7, 4.3.12 to 4.3.16, 4.5.3.
 */
export async function withZip<T>(
  path: string,
  use: (archive: ZipArchive) => Promise<T>,
  largestEntry = LARGEST_ARRAY,
): Promise<T> {
  return withZipSource(path, async (source) => {
    const entries = await readZipDirectory(source);
    return use({
      names: [...entries.keys()],
      read: async (name) => {
        const entry = entries.get(name);
        return entry === undefined ? undefined : readEntry(source, name, entry, largestEntry);
      },
      sizeOf: (name) => entries.get(name)?.size,
      store: async (name, folder) => {
        const entry = entries.get(name);
        return entry === undefined ? undefined : storeEntry(source, name, entry, folder);
      },
    });
  });
}
