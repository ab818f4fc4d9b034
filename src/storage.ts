// Storage for weights, states and results, by path: files on Node.js (`files/file-storage.ts`); a browser has its own.

export interface Storage {
  has(path: string): Promise<boolean>;
  /** @throws if the path does not exist or cannot be read. */
  read(path: string): Promise<Uint8Array>;
  /**
   * Writes atomically: readers see all of the content or none. Creates the folder.
   *
   * @throws {InvalidInputError} if it cannot be written, for example because the disk is full.
   */
  write(path: string, content: Uint8Array | string): Promise<void>;
  /** Paths of the direct children of a folder; empty if the folder does not exist. */
  list(folder: string): Promise<readonly string[]>;
  /**
   * Removes a file, or a folder with its contents; does nothing if the path does not exist.
   *
   * @throws {InvalidInputError} if it cannot be removed, for example because the disk has become read-only.
   */
  remove(path: string): Promise<void>;
}
