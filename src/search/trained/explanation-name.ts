// How the picture that explains a prediction is called.

import { parse } from 'node:path';

/** Of a part of the name; a letter has four bytes at most, and a name 255. */
const LONGEST = 24;

/**
 * `03-x-cat-97.png`: the number of the image, its name, the class and its probability in percent. The number keeps names
 * apart, and only letters, digits, `-` and `_` of the others are left, so that a name is one on every system.
 *
 * @param path         of the image.
 * @param probability  of the class.
 * @param number       of the image, from 1 to `count`.
 */
export function explanationName(
  path: string,
  className: string,
  probability: number,
  number: number,
  count: number,
): string {
  const parts = [parse(path).name, className].map(plain).filter((part) => part !== '');
  const counted = String(number).padStart(String(count).length, '0');
  return `${[counted, ...parts, Math.round(100 * probability)].join('-')}.png`;
}

function plain(text: string): string {
  const letters = text.normalize('NFC').replaceAll(/[^\p{L}\p{N}_]+/gu, '-');
  return [...letters].slice(0, LONGEST).join('').replaceAll(/^-|-$/g, '');
}
