// Where weights, states and results are kept, by path. Files on Node.js (`files/file-storage.ts`); a browser has its own.

export interface Storage {
  has(path: string): Promise<boolean>;
  /** @throws if there is nothing under the path, or it cannot be read. */
  read(path: string): Promise<Uint8Array>;
  /**
   * Others see all of it or nothing. Creates the folder.
   *
   * @throws {InvalidInputError} if it cannot be written, for example because the disk is full.
   */
  write(path: string, content: Uint8Array | string): Promise<void>;
  /** Paths of what lies directly in a folder; none if there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /**
   * Removes a file, or a folder with all that is in it; nothing happens if it is not there.
   *
   * @throws {InvalidInputError} if it cannot be removed, for example because the disk has become read-only.
   */
  remove(path: string): Promise<void>;
}
