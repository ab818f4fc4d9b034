// A file without a name, for what memory should not hold: it leaves nothing behind, whatever happens.

import { randomUUID } from 'node:crypto';
import { openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileFailure } from './file-failure.ts';
import { keepOpen, type OpenFile } from './open-file.ts';

export interface UnnamedFile extends OpenFile {
  /** Bytes written so far. */
  readonly size: () => number;
  /** @throws {InvalidInputError} if the bytes cannot be written, for example because the disk is full. */
  readonly append: (bytes: Uint8Array) => void;
}

/**
 * Creates a file and removes its name before anything is written to it. It is closed once nothing refers to it.
 *
 * @throws {InvalidInputError} if it cannot be created.
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
