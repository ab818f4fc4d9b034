// What the names of IDX files say: the part, whether images or labels, and the set where a folder holds several.

import { basename } from 'node:path';
import { compareCodePoints } from '../../labels/class-names.ts';
import { partOf, partOfWord, wordsOf } from '../../labels/part-words.ts';
import type { Part } from '../../set/source.ts';

export interface IdxName {
  readonly path: string;
  readonly kind: 'images' | 'labels';
  readonly part: Part;
  /** What is left of the name: `emnist-letters`; empty for MNIST's own files. */
  readonly set: string;
}

/**
 * `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`, `emnist-letters-test-images-idx3-ubyte`,
 * `qmnist-train-labels-idx2-int`. Without the name of a part it is the training part.
 *
 * @returns undefined if the file is not called like that.
 */
export function readIdxName(path: string): IdxName | undefined {
  const match = PATTERN.exec(basename(path));
  if (match === null) return undefined;
  const [, stem = '', kind = ''] = match;
  const set = stem
    .split(/[-_. ]+/)
    .filter((piece) => piece !== '' && !wordsOf(piece).every((word) => partOfWord(word) !== undefined))
    .join('-');
  return {
    path,
    kind: /^l/i.test(kind) ? 'labels' : 'images',
    part: partOf(stem) ?? 'train',
    set: set.toLowerCase(),
  };
}

const PATTERN =
  /^(.*?)(?<![a-z])(images|imgs|labels)[-_. ]idx\d?(?:[-_. ](?:ubyte|byte|short|int|float|double))?(?:\.gz)?$/i;

/** Of several files with the same content (compressed, or with a dot in its name) the one with the shortest name. */
export function firstIdxFile(files: readonly IdxName[], part: Part, kind: IdxName['kind']): string | undefined {
  const [first] = files
    .filter((file) => file.part === part && file.kind === kind)
    .map(({ path }) => path)
    .sort((a, b) => basename(a).length - basename(b).length || compareCodePoints(a, b));
  return first;
}
