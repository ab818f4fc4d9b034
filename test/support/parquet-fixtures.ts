// Parquet files in Hugging Face's form.

import { type ColumnSource, type ParquetWriteOptions, parquetWriteBuffer } from 'hyparquet-writer';
import { type Examples, type ImageShape, imageSizeOf } from '../../src/data/set/dataset.ts';
import { encodePng, pixelsOf } from './data-fixtures.ts';

export interface ParquetImage {
  readonly bytes: Uint8Array | null;
  readonly label: number | string | null;
}

export type ParquetOptions = Partial<ParquetWriteOptions> & {
  readonly column?: string;
  readonly imageEncoding?: ColumnSource['encoding'];
  readonly labelEncoding?: ColumnSource['encoding'];
};

/** A column `image` of bytes and path, and a column `label`. @param names  of the classes, for the metadata. */
export function encodeParquet(
  images: readonly ParquetImage[],
  names?: readonly string[],
  options: ParquetOptions = {},
): Buffer {
  const { column = 'image', imageEncoding, labelEncoding, ...others } = options;
  const isText = images.some(({ label }) => typeof label === 'string');
  const optional = { repetition_type: 'OPTIONAL' } as const;
  const features = {
    [column]: { _type: 'Image' },
    label: names === undefined ? { dtype: 'int64', _type: 'Value' } : { names, _type: 'ClassLabel' },
  };
  return Buffer.from(
    parquetWriteBuffer({
      columnData: [
        {
          name: column,
          data: images.map(({ bytes }, i) => ({ bytes, path: `${i}.png` })),
          ...(imageEncoding && { encoding: imageEncoding }),
        },
        {
          name: 'label',
          ...(labelEncoding && { encoding: labelEncoding }),
          data: images.map(({ label }) => (typeof label === 'number' ? BigInt(label) : label)),
        },
      ],
      schema: [
        { name: 'root', num_children: 2 },
        { name: column, num_children: 2, ...optional },
        { name: 'bytes', type: 'BYTE_ARRAY', ...optional },
        { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional },
        isText
          ? { name: 'label', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional }
          : { name: 'label', type: 'INT64', ...optional },
      ],
      kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
      ...others,
    }),
  );
}

export async function parquetImages(examples: Examples, shape: ImageShape): Promise<ParquetImage[]> {
  const size = imageSizeOf(shape);
  return Promise.all(
    Array.from(examples.labels, async (label, i) => ({
      bytes: new Uint8Array(await encodePng(pixelsOf(examples).subarray(i * size, (i + 1) * size), shape)),
      label,
    })),
  );
}
