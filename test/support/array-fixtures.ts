// Data sets as arrays of numbers: npz archives, written by another implementation of zip than the one that reads them, and
// CSV files.

import { zipSync } from 'fflate';
import type { Examples, ImageShape } from '../../src/data/set/dataset.ts';
import { pixelsOf, writeIn } from './data-fixtures.ts';

/** npy bytes of version 1. @param elements  as they lie in the file. */
export function encodeNpy(
  descr: string,
  shape: readonly number[],
  elements: Uint8Array,
  { fortran = false, version = 1 } = {},
): Uint8Array {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${axes}), }`;
  const start = version === 1 ? 10 : 12;
  const text = `${dictionary.padEnd(Math.ceil((start + dictionary.length + 1) / 64) * 64 - start - 1)}\n`;
  const header = Buffer.alloc(start);
  header.write('\x93NUMPY', 'latin1');
  header[6] = version;
  if (version === 1) header.writeUInt16LE(text.length, 8);
  else header.writeUInt32LE(text.length, 8);
  return Buffer.concat([header, Buffer.from(text), elements]);
}

/** Channels first → channels last. */
export function interleave(examples: Examples, { channels, height, width }: ImageShape): Uint8Array {
  const plane = height * width;
  const pixels = pixelsOf(examples);
  return Uint8Array.from({ length: examples.count * channels * plane }, (_, i) => {
    const image = Math.floor(i / (channels * plane));
    const pixel = Math.floor(i / channels) % plane;
    return pixels[image * channels * plane + (i % channels) * plane + pixel] ?? 0;
  });
}

/** The entries of an archive as Keras has them: unsigned bytes, channels last, no channel axis for grey. */
export function npzEntries(train: Examples, test: Examples | undefined, shape: ImageShape): Record<string, Uint8Array> {
  const entries: Record<string, Uint8Array> = {};
  for (const [part, examples] of Object.entries({ train, test })) {
    if (examples === undefined) continue;
    const axes = [examples.count, shape.height, shape.width, ...(shape.channels === 1 ? [] : [shape.channels])];
    entries[`x_${part}.npy`] = encodeNpy('|u1', axes, interleave(examples, shape));
    entries[`y_${part}.npy`] = encodeNpy('|u1', [examples.count], Uint8Array.from(examples.labels));
  }
  return entries;
}

export async function writeNpz(folder: string, name: string, entries: Record<string, Uint8Array>): Promise<string> {
  return writeIn(folder, name, zipSync(entries));
}

/** Kaggle's form: `label,1x1,1x2,…`, channels last. */
export function encodeCsv(examples: Examples, shape: ImageShape, header = true): string {
  const { channels, height, width } = shape;
  const values = interleave(examples, shape);
  const size = channels * height * width;
  const names = Array.from({ length: size }, (_, i) =>
    channels === 1 ? `${Math.floor(i / width) + 1}x${(i % width) + 1}` : `pixel${i}`,
  );
  const rows = Array.from(examples.labels, (label, i) =>
    [label, ...values.subarray(i * size, (i + 1) * size)].join(','),
  );
  return `${[...(header ? [['label', ...names].join(',')] : []), ...rows].join('\n')}\n`;
}
