// Whether a name says that something is the training, the validation or the test part.

import type { Part } from '../set/source.ts';

const WORDS: Readonly<Record<Part, readonly string[]>> = {
  train: ['train', 'training', 'trainset'],
  validation: ['val', 'valid', 'validate', 'validation', 'dev', 'valset', 'devset'],
  test: ['test', 'testing', 'tests', 'testset', 'eval', 'evaluation', 'holdout'],
};
const PARTS: readonly Part[] = ['train', 'validation', 'test'];

/**
 * The part that a name stands for: one of its words is a word for that part, as in `seg_train`, `Training set`, `test1`
 * or `trainImages`.
 *
 * @returns undefined for a name without such a word, or with words for several parts.
 */
export function partOf(name: string): Part | undefined {
  const words = wordsOf(name);
  const found = PARTS.filter((part) => words.some((word) => WORDS[part].includes(word)));
  return found.length === 1 ? found[0] : undefined;
}

/** As `partOf`, but lists for training and validation, such as `trainval.txt`, are of training images. */
export function partOfList(name: string): Part | undefined {
  const words = wordsOf(name).flatMap((word) => (word === 'trainval' ? ['train', 'val'] : [word]));
  const found = PARTS.filter((part) => words.some((word) => WORDS[part].includes(word)));
  return found.includes('test') && found.length > 1 ? undefined : found[0];
}

/** Whether a name is nothing but a word for a part: `train`, `Test`, not `test_images`. */
export function isPartWord(name: string): boolean {
  const [first, ...others] = wordsOf(name);
  return first !== undefined && others.length === 0 && partOf(first) !== undefined;
}

/** The words of a name in lower case; digits, signs and a change from lower to upper case end a word. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '');
}
