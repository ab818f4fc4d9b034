// Labels of up to three parts → classes and their indices.

import { sortClassNames } from '../labels/class-names.ts';
import type { Part } from '../set/source.ts';

/** For each part that there is, something. */
export interface ByPart<T> {
  readonly train: T;
  readonly validation?: T | undefined;
  readonly test?: T | undefined;
}

export interface NamedParts extends ByPart<Int32Array> {
  /** The distinct labels of the training part, or of all, as `sortClassNames` orders them. */
  readonly classes: readonly string[];
}

/** The parts that are there, the training part first. */
export function partsOf<T>({ train, validation, test }: ByPart<T>): (readonly [Part, T])[] {
  return [
    ['train', train],
    ...(validation === undefined ? [] : [['validation', validation] as const]),
    ...(test === undefined ? [] : [['test', test] as const]),
  ];
}

/**
 * @param refuse    makes the error for a label that the training part lacks.
 * @param takesAll  the labels of all parts are classes: for scoring.
 */
export function nameParts(
  labels: ByPart<readonly string[]>,
  refuse: (part: Exclude<Part, 'train'>, index: number, label: string, classes: readonly string[]) => Error,
  takesAll = false,
): NamedParts {
  const classes = sortClassNames(takesAll ? partsOf(labels).flatMap(([, names]) => names) : labels.train);
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const toIndices = (part: Part, names: readonly string[]): Int32Array =>
    Int32Array.from(names, (label, row) => {
      const index = indexOf.get(label);
      if (index === undefined) throw refuse(part === 'validation' ? part : 'test', row, label, classes);
      return index;
    });
  const { train, validation, test } = labels;
  return {
    classes,
    train: toIndices('train', train),
    ...(validation && { validation: toIndices('validation', validation) }),
    ...(test && { test: toIndices('test', test) }),
  };
}
