// EMNIST's images lie on their side, in every format in which it is published.

import { basename } from 'node:path';
import type { ReadOptions } from '../set/source.ts';

/** The note for data whose name says that it is EMNIST, unless the user has decided. */
export function noteOnEmnist(names: readonly string[], { transpose }: ReadOptions): string[] {
  if (transpose !== undefined || !names.some((name) => /emnist/i.test(basename(name)))) return [];
  return ["EMNIST's images lie on their side: --transpose swaps their rows and columns."];
}
