// CIFAR in its binary versions, and a tar archive around them.

import { gzipSync } from 'node:zlib';
import { type Examples, imageSizeOf } from '../../src/data/set/dataset.ts';
import { pixelsOf } from './data-fixtures.ts';

export const CIFAR_SHAPE = { channels: 3, height: 32, width: 32 };

/** @param coarse  with a byte for the coarse label, as CIFAR-100. */
export function encodeCifar(examples: Examples, coarse = false): Buffer {
  const { count, labels } = examples;
  const pixels = pixelsOf(examples);
  const size = imageSizeOf(CIFAR_SHAPE);
  const records = Array.from({ length: count }, (_, i) =>
    Buffer.concat([Uint8Array.of(...(coarse ? [0] : []), labels[i] ?? 0), pixels.subarray(i * size, (i + 1) * size)]),
  );
  return Buffer.concat(records);
}

export interface TarEntry {
  readonly name: string;
  readonly content: Uint8Array | string;
  /** Of the name, in a field of its own. */
  readonly prefix?: string;
  /** `0` a file, `1` a hard link, `2` a symbolic link, `5` a folder. */
  readonly type?: string;
  /** As the header claims it; bytes as they stand in its field of 12. */
  readonly size?: number | Buffer;
}

export function encodeTarGz(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ name, content, prefix = '', type = '0', size }) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    if (typeof size === 'object') size.copy(header, 124);
    else header.write(`${(size ?? bytes.length).toString(8).padStart(11, '0')}\0`, 124);
    header.write(`        ${type}`, 148);
    header.write('ustar\x0000', 257);
    header.write(prefix, 345);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}
