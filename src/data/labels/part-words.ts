// Whether a name says that something is the training, the validation or the test part.

import type { Part } from '../set/source.ts';

const WORDS: Readonly<Record<Part, readonly string[]>> = {
  train: ['train', 'training', 'trainset', 'trn'],
  validation: ['val', 'valid', 'validate', 'validation', 'valset', 'dev', 'devset'],
  test: ['test', 'tests', 'testing', 'testset', 'tst', 'eval', 'evaluation', 'holdout'],
};
const PART_OF_WORD: ReadonlyMap<string, Part> = new Map(
  (['train', 'validation', 'test'] as const).flatMap((part) => WORDS[part].map((word) => [word, part] as const)),
);
/** A word for a part, perhaps with the x or y of an array. */
const WITH_AXIS = new RegExp(`^([xy])?(${[...PART_OF_WORD.keys()].join('|')})([xy])?$`);

/** A word for a part, written together with what it is a part of: `traindata`, `testimages`. */
const COMPOUND = /^(train(?:ing)?|test(?:ing)?|val(?:id(?:ation)?)?)(set|data|dataset|images?|imgs?|labels?)$/;

export function partOfWord(word: string): Part | undefined {
  return PART_OF_WORD.get(word);
}

/**
 * The part that a name stands for: one of its words is a word for that part, as in `seg_train`, `Training set`, `test1`
 * or `trainImages`.
 *
 * @returns undefined for a name without such a word, or with words for several parts.
 */
export function partOf(name: string): Part | undefined {
  const [part, ...others] = partsIn(wordsOf(name));
  return others.length === 0 ? part : undefined;
}

/** As `partOf`, but lists for training and validation, such as `trainval.txt`, are of training images. */
export function partOfList(name: string): Part | undefined {
  const parts = partsIn(wordsOf(name).flatMap((word) => (word === 'trainval' ? ['train', 'val'] : [word])));
  if (parts.includes('test') && parts.length > 1) return undefined;
  return parts.includes('train') ? 'train' : parts[0];
}

const partsIn = (words: readonly string[]): readonly Part[] => [
  ...new Set(words.flatMap((word) => partOfWord(word) ?? [])),
];

/** Whether a name is nothing but a word for a part: `train`, `Test`, not `test_images`. */
export function isPartWord(name: string): boolean {
  const [first, ...others] = wordsOf(name);
  return first !== undefined && others.length === 0 && partOfWord(first) !== undefined;
}

/**
 * The words of a name in lower case: runs of letters, split where a small letter meets a capital, and where a part is written
 * together with x or y, or with a word for data. `X_train` and `xtrain` are x and train, `PublicTest` is public and test,
 * `traindata` is train and data.
 */
export function wordsOf(name: string): string[] {
  const words = name
    .replaceAll(/t10k/gi, ' test ')
    .replaceAll(/\d+x\d+/gi, ' ')
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter(Boolean);
  return words.flatMap((word) => {
    const [, before, part, after] = WITH_AXIS.exec(word) ?? [];
    if (part !== undefined) return [before, part, after].flatMap((piece) => piece ?? []);
    const [, ofPart, rest] = COMPOUND.exec(word) ?? [];
    return ofPart === undefined || rest === undefined ? [word] : [ofPart, rest];
  });
}
