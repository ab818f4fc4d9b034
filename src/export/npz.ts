// Encodes named float32 arrays as an .npz archive for numpy: a zip of uncompressed .npy files.
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0.

import { zipSync } from 'fflate';

export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A fixed date, so that the same arrays give the same bytes. */
const DATE = '1980-01-01T00:00:00';

export function encodeNpz(arrays: ReadonlyMap<string, NamedArray>): Uint8Array {
  const files = [...arrays].map(([name, array]) => [`${name}.npy`, encodeNpy(array)] as const);
  return zipSync(Object.fromEntries(files), { level: 0, mtime: DATE });
}

function encodeNpy({ shape, data }: NamedArray): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  // Magic, version and length take 10 bytes; the header is padded so that the data begins at a multiple of 64.
  const headerBytes = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + headerBytes + data.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, headerBytes & 0xff, headerBytes >> 8]);
  bytes.set(new TextEncoder().encode(`${text.padEnd(headerBytes - 1)}\n`), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + headerBytes);
  return bytes;
}
