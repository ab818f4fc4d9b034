// The content of a file piece by piece, inflated if it is gzip-compressed.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

export interface Gunzipped {
  readonly pieces: AsyncIterable<Buffer>;
  readonly isCompressed: boolean;
}

/** The first bytes tell whether a file is compressed, whatever its name. @throws errors of the file system, or of zlib. */
export async function openMaybeCompressed(path: string): Promise<Gunzipped> {
  const isCompressed = await isGzip(path);
  const file: Readable = createReadStream(path, { highWaterMark: 256 * 1024 });
  // If the file cannot be read, the inflated stream fails with it.
  const pieces = isCompressed ? pipeline(file, createGunzip({ chunkSize: 256 * 1024 }), () => {}) : file;
  return { pieces, isCompressed };
}

/** As `openMaybeCompressed`, if only the content counts. */
export async function openGunzipped(path: string): Promise<AsyncIterable<Buffer>> {
  return (await openMaybeCompressed(path)).pieces;
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
