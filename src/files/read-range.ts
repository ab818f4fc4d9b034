// Reads a whole range of an open file.

import type { FileHandle } from 'node:fs/promises';
import { formatError } from './format-error.ts';

/**
 * @param path  for messages.
 * @throws {DataFormatError} if the file ends within the range.
 */
export async function readRange(path: string, file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) {
      throw formatError(path, { offset: offset + done }, 'it was cut off while it was read', 'copy the file again');
    }
    done += bytesRead;
  }
  return bytes;
}
