// Which of several arrays are the images and the labels of which part, by the words in their names.

import { partOfWord, wordsOf } from '../../labels/part-words.ts';
import type { Part } from '../../set/source.ts';

export interface NamedArray {
  readonly key: string;
  /** For a user: `x_train in digits.npz`. */
  readonly title: string;
  /** Of the file that holds it; its words count where those of the key tell nothing. */
  readonly file: string;
}

export interface ArrayPair<T> {
  readonly images: T;
  readonly labels: T;
}

export interface ChosenArrays<T> {
  readonly train: ArrayPair<T>;
  readonly validation?: ArrayPair<T> | undefined;
  readonly test?: ArrayPair<T> | undefined;
  /** The part that stands in the place of the training part. */
  readonly lonePart?: Part | undefined;
  /** Images of a part without labels. */
  readonly unlabelled: readonly T[];
  readonly unused: readonly T[];
}

/** Why nothing was chosen. */
export interface NoChoice {
  readonly problem: string;
}

/** What the user named. */
export interface AskedKeys {
  readonly imageColumn?: string | undefined;
  readonly labelColumn?: string | undefined;
  /** See `ReadOptions`. */
  readonly lonePart?: boolean | undefined;
}

/** For messages. */
export const KNOWN_KEYS =
  'x_train and y_train, X_train and y_train, train_images and train_labels, trainX and trainY, images and labels, data and target, X and y, imgs and labels, features and labels; test and val in the place of train name the other parts';

type Role = 'images' | 'labels';

interface ReadKey<T> {
  readonly array: T;
  readonly key: string;
  readonly part: Part | undefined;
  readonly role: Role | undefined;
  /** Of several arrays with one role, the lowest rank is taken. */
  readonly rank: number;
  /** The words that tell no part. */
  readonly rest: string;
}

const IMAGE_WORDS: ReadonlySet<string> = new Set(
  'x image images img imgs data feature features input inputs pixel pixels picture pictures photo photos scan scans'.split(
    ' ',
  ),
);
const LABEL_WORDS: ReadonlySet<string> = new Set(
  'y label labels lbl lbls target targets class classes category categories lab labs gt truth digit digits'.split(' '),
);
/** With these, an array is about something else: the names of the classes or of files. */
const OTHER_WORDS: ReadonlySet<string> = new Set(
  'name names id ids file files filename filenames path paths mean std weight weights shape index indices mask masks box boxes'.split(
    ' ',
  ),
);

/**
 * Arrays without the name of a part are the training part if no array is called that. `x` and `y` go before longer names, and these before `data`.
 * What the user named is taken for the training part, and what differs from it only in the name of a part for the others.
 *
 * @returns a problem if images or labels of the training part are missing, or several arrays could be either.
 */
export function chooseArrays<T extends NamedArray>(arrays: readonly T[], asked: AskedKeys): ChosenArrays<T> | NoChoice {
  const keys = arrays.map(readKey);
  const isTrain = ({ part, role }: ReadKey<T>): boolean => part === 'train' && role !== undefined;
  const trainPart = keys.some(isTrain) ? 'train' : undefined;
  const find = (part: Part, role: Role): ReadKey<T> | undefined | NoChoice => {
    const wanted = part === 'train' ? trainPart : part;
    const name = role === 'images' ? asked.imageColumn : asked.labelColumn;
    if (name === undefined)
      return firstOf(
        keys.filter((key) => key.part === wanted && key.role === role),
        role,
      );
    const named = findNamed(keys, name);
    if (named === undefined) return { problem: `there is no array ${JSON.stringify(name)}` };
    if (part === 'train') return named;
    return firstOf(
      keys.filter((key) => key.part === part && key.rest === named.rest && key !== named),
      role,
    );
  };
  const pairs = new Map<Part, ArrayPair<T>>();
  const unlabelled: T[] = [];
  for (const part of ['train', 'validation', 'test'] as const) {
    const [images, labels] = [find(part, 'images'), find(part, 'labels')];
    for (const found of [images, labels]) if (found !== undefined && 'problem' in found) return found;
    if (images === undefined || labels === undefined || 'problem' in images || 'problem' in labels) {
      if (part === 'train' && asked.lonePart !== true)
        return { problem: describeMissing(images !== undefined, labels !== undefined) };
      if (images !== undefined && !('problem' in images)) unlabelled.push(images.array);
      if (labels !== undefined && !('problem' in labels)) {
        return { problem: `no array holds the images of ${labels.array.title}` };
      }
      continue;
    }
    if (images.array === labels.array)
      return { problem: `${images.array.title} cannot be both the images and the labels` };
    pairs.set(part, { images: images.array, labels: labels.array });
  }
  const [first] = pairs;
  if (first === undefined) return { problem: describeMissing(false, false) };
  const [firstPart, train] = first;
  const others = new Map([...pairs].slice(1));
  const used = [...pairs.values()].flatMap(({ images, labels }) => [images, labels]);
  return {
    train,
    validation: others.get('validation'),
    test: others.get('test'),
    ...(firstPart !== 'train' && { lonePart: firstPart }),
    unlabelled,
    unused: arrays.filter((array) => !used.includes(array) && !unlabelled.includes(array)),
  };
}

function findNamed<T extends NamedArray>(keys: readonly ReadKey<T>[], name: string): ReadKey<T> | undefined {
  const isCalled = ({ array, key }: ReadKey<T>): boolean => [key, array.file, array.title].includes(name);
  return keys.find(isCalled) ?? keys.find(({ key }) => key.toLowerCase() === name.toLowerCase());
}

function readKey<T extends NamedArray>(array: T): ReadKey<T> {
  const own = readWords(wordsOf(array.key));
  const ofFile = readWords(wordsOf(array.file));
  const rank = /^[xy]_(train|test)$/.test(array.key) ? 0 : own.role?.isLetter ? 1 : own.role?.isVague ? 3 : 2;
  return {
    array,
    key: array.key,
    part: own.part ?? ofFile.part,
    role: (own.role ?? (isNumbered(array.key) ? ofFile.role : undefined))?.role,
    rank,
    rest: own.rest,
  };
}

/** Arrays that were saved without a name. */
const isNumbered = (key: string): boolean => /^arr_\d+$/.test(key);

interface KeyWords {
  readonly part: Part | undefined;
  readonly role: { readonly role: Role; readonly isLetter: boolean; readonly isVague: boolean } | undefined;
  readonly rest: string;
}

function readWords(words: readonly string[]): KeyWords {
  const parts = new Set(words.flatMap((word) => partOf(word) ?? []));
  const [part] = parts;
  const rest = words.filter((word) => partOf(word) === undefined);
  const roles = rest.flatMap((word) => roleOf(word) ?? []);
  const isOther = rest.some((word) => OTHER_WORDS.has(word));
  // The last word is the noun: `image_labels` are labels. Data may be either.
  const last = roles.filter(({ word }) => word !== 'data').at(-1) ?? roles.at(-1);
  return {
    part: parts.size === 1 ? part : undefined,
    role:
      isOther || last === undefined
        ? undefined
        : { role: last.role, isLetter: /^[xy]$/.test(last.word), isVague: last.word === 'data' },
    rest: rest.join(' '),
  };
}

const partOf = (word: string): Part | undefined =>
  partOfWord(word) ?? (word === 'tr' ? 'train' : word === 'te' ? 'test' : undefined);

function roleOf(word: string): { readonly role: Role; readonly word: string } | undefined {
  if (LABEL_WORDS.has(word)) return { role: 'labels', word };
  return IMAGE_WORDS.has(word) ? { role: 'images', word } : undefined;
}

function firstOf<T extends NamedArray>(keys: readonly ReadKey<T>[], role: Role): ReadKey<T> | undefined | NoChoice {
  const best = Math.min(...keys.map(({ rank }) => rank));
  const [first, ...others] = keys.filter(({ rank }) => rank === best);
  if (others.length === 0) return first;
  return {
    problem: `several arrays could be the ${role}: ${[first, ...others].map((key) => key?.array.title).join(', ')}`,
  };
}

function describeMissing(hasImages: boolean, hasLabels: boolean): string {
  const what = hasImages
    ? 'array holds the labels'
    : hasLabels
      ? 'array holds the images'
      : 'arrays hold the images and labels';
  return `names do not tell which ${what} of the training part`;
}
