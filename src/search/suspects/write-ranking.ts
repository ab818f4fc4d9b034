// The ranking of all images as CSV, for other programs.

import { resolve } from 'node:path';
import { writeFileAtomically } from '../../files/write-file.ts';
import type { RankedImage, SuspectRecords } from './suspect-records.ts';

const HEADER = [
  'rank',
  'image',
  'file',
  'label',
  'suggested',
  'selfConfidence',
  'otherConfidence',
  'isWrong',
  'isSuspect',
  'nearCopy',
  'nearCopyLabel',
] as const;

/**
 * Writes a row for every image, the lowest self-confidence first. Taken by `--labels`, it changes nothing.
 *
 * @throws {InvalidInputError} if it cannot be written.
 */
export async function writeRanking(
  path: string,
  ranking: readonly RankedImage[],
  { suspects }: Pick<SuspectRecords, 'suspects'>,
): Promise<void> {
  const isSuspect = new Set(suspects.map(({ index }) => index));
  const rows = ranking.map(
    ({ index, image, file, label, suggested, selfConfidence, otherConfidence, isWrong, nearCopy }, i) => [
      i + 1,
      image,
      file ?? '',
      label,
      suggested,
      selfConfidence,
      otherConfidence,
      Number(isWrong ?? false),
      Number(isSuspect.has(index)),
      nearCopy?.image ?? '',
      nearCopy?.label ?? '',
    ],
  );
  const lines = [HEADER, ...rows].map((row) => row.map(cellOf).join(','));
  await writeFileAtomically(resolve(path), [Buffer.from(`${lines.join('\n')}\n`)]);
}

const cellOf = (value: string | number): string =>
  typeof value === 'number' || /^[\w./ -]*$/.test(value) ? String(value) : `"${value.replaceAll('"', '""')}"`;
