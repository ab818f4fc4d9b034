// The content of a file piece by piece, inflated if it is gzip-compressed.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The first bytes tell whether a file is compressed, whatever its name. @throws errors of the file system, or of zlib. */
export async function openGunzipped(path: string): Promise<AsyncIterable<Buffer>> {
  const compressed = await isGzip(path);
  const file: Readable = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (!compressed) return file;
  // If the file cannot be read, the inflated stream fails with it.
  return pipeline(file, createGunzip({ chunkSize: 256 * 1024 }), () => {});
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
