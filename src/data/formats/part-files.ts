// Which files of a folder are which part, by their names.

import { basename } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import { compareCodePoints } from '../labels/class-names.ts';
import { partOf } from '../labels/part-words.ts';
import type { LocatedSource, Part } from '../set/source.ts';

export interface PartFiles {
  readonly train: readonly string[];
  readonly validation: readonly string[];
  readonly test: readonly string[];
  /** Files whose names tell no part while others' do. */
  readonly unused: readonly string[];
  /** The part whose files stand in the place of the training part. */
  readonly lonePart?: Exclude<Part, 'train'> | undefined;
}

/**
 * `train`, `validation` or `test` as a word of the name: `train.csv`, `mnist_test.csv`, `train-00000-of-00002.parquet`. Files
 * without such a word are the training part if no file is called that.
 *
 * @throws {InvalidInputError} if there is no training part, see `ReadOptions.lonePart`.
 */
export function sortIntoParts(folder: string, paths: readonly string[], lonePart = false): PartFiles {
  return withTraining(folder, paths, (path) => partOf(basename(path)), lonePart);
}

/** {@link sortIntoParts} by what `partOfPath` tells. */
export function withTraining(
  folder: string,
  paths: readonly string[],
  partOfPath: (path: string) => Part | undefined,
  lonePart = false,
): PartFiles {
  const ordered = [...paths].sort(compareCodePoints);
  const of = (part: Part | undefined): string[] => ordered.filter((path) => partOfPath(path) === part);
  const [train, validation, test, others] = [of('train'), of('validation'), of('test'), of(undefined)];
  if (train.length > 0) return { train, validation, test, unused: others };
  if (others.length > 0) return { train: others, validation, test, unused: [] };
  if (lonePart && validation.length > 0) {
    return { train: validation, validation: [], test, unused: [], lonePart: 'validation' };
  }
  if (lonePart && test.length > 0) return { train: test, validation, test: [], unused: [], lonePart: 'test' };
  throw new InvalidInputError(
    `Cannot use ${folder} as a data set: none of its files is called train (${ordered.map((path) => basename(path)).join(', ')}): give the training part that name.`,
    { details: { path: folder } },
  );
}

/** Tells which part it is that a source gives as its training part. */
export function readAs(lonePart: Part | undefined, source: LocatedSource): LocatedSource {
  if (lonePart === undefined) return source;
  return { ...source, read: async (options) => ({ ...(await source.read(options)), lonePart }) };
}
