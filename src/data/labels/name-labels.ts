import { sortClassNames } from './class-names.ts';

export interface NamedLabels {
  /** The distinct labels of the training part, as `sortClassNames` orders them. */
  readonly classes: readonly string[];
  readonly train: Int32Array;
  readonly test: Int32Array | undefined;
}

/**
 * Labels as a file has them (words, or numbers as text) → classes and their indices.
 *
 * @param refuse  makes the error for a label of the test part that the training part lacks.
 */
export function nameLabels(
  train: readonly string[],
  test: readonly string[] | undefined,
  refuse: (index: number, label: string, classes: readonly string[]) => Error,
): NamedLabels {
  const classes = sortClassNames(train);
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const toIndices = (labels: readonly string[]): Int32Array =>
    Int32Array.from(labels, (label, row) => {
      const index = indexOf.get(label);
      if (index === undefined) throw refuse(row, label, classes);
      return index;
    });
  return { classes, train: toIndices(train), test: test === undefined ? undefined : toIndices(test) };
}

/** The first few names, for a message. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown}, … (${names.length})` : shown;
}

/** The note on classes that have a name but no image. */
export function noteOnEmptyClasses(names: Iterable<string>, classes: readonly string[]): string[] {
  const empty = sortClassNames(names).filter((name) => !classes.includes(name));
  return empty.length === 0 ? [] : [`Classes without a training image were left out: ${listNames(empty)}.`];
}
