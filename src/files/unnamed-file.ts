// A file without a name, for what memory should not hold: whatever happens, nothing of it is left behind.

import { randomUUID } from 'node:crypto';
import { openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileFailure } from './file-failure.ts';
import { keepOpen, type OpenFile } from './open-file.ts';

export interface UnnamedFile extends OpenFile {
  /** Bytes so far. */
  readonly size: () => number;
  /** @throws {InvalidInputError} if it cannot be written, the disk is full, say. */
  readonly append: (bytes: Uint8Array) => void;
}

/**
 * It has lost its name before anything is written to it, and is closed when nothing refers to it any more.
 *
 * @throws {InvalidInputError} if it cannot be made.
 */
export function createUnnamedFile(folder: string): UnnamedFile {
  const path = join(folder, `${randomUUID()}.images`);
  const attempt = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw fileFailure('write', path, error);
    }
  };
  const file = attempt(() => keepOpen(openSync(path, 'wx+'), path));
  attempt(() => rmSync(path));
  let size = 0;
  return Object.assign(file, {
    size: () => size,
    append(bytes: Uint8Array) {
      for (let done = 0; done < bytes.length; ) {
        done += attempt(() => writeSync(file.fd, bytes, done, bytes.length - done, size + done));
      }
      size += bytes.length;
    },
  });
}
