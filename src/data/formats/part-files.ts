// Which files of a folder are the training part and which the test part, by their names.

import { basename } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import { compareCodePoints } from '../labels/class-names.ts';

export interface PartFiles {
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** Files of a validation part, and files whose names tell no part while others' do. */
  readonly unused: readonly string[];
}

/**
 * `train` or `test` as a word of the name: `train.csv`, `mnist_test.csv`, `train-00000-of-00002.parquet`. Files without
 * either are the training part if no file is called that.
 *
 * @throws {InvalidInputError} if there is only a test part.
 */
export function sortIntoParts(folder: string, paths: readonly string[]): PartFiles {
  const ordered = [...paths].sort(compareCodePoints);
  const called = (word: RegExp): string[] => ordered.filter((path) => word.test(basename(path)));
  const train = called(TRAIN);
  const test = called(TEST);
  const validation = called(VALIDATION);
  const others = ordered.filter((path) => ![train, test, validation].some((part) => part.includes(path)));
  if (train.length > 0) return { train, test, unused: [...validation, ...others] };
  if (others.length > 0) return { train: others, test, unused: validation };
  throw new InvalidInputError(
    `Cannot use ${folder} as a data set: none of its files is called train (${ordered.map((path) => basename(path)).join(', ')}): give the training part that name.`,
    { details: { path: folder } },
  );
}

const TRAIN = /(^|[^a-z])(train|training)([^a-z]|$)/i;
const TEST = /(^|[^a-z])test([^a-z]|$)/i;
const VALIDATION = /(^|[^a-z])(val|valid|validation)([^a-z]|$)/i;
