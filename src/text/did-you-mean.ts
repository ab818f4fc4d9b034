// "Did you mean …?"

import { closest, distance } from 'fastest-levenshtein';

/**
 * The name most like the one received, whatever its case.
 *
 * @returns undefined if none is like it: at most two letters, or half of the name, may differ.
 */
export function nearestOf(received: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const lower = names.map((name) => name.toLowerCase());
  const nearest = closest(received.toLowerCase(), lower);
  if (distance(received.toLowerCase(), nearest) > Math.max(2, Math.floor(nearest.length / 2))) return undefined;
  return names[lower.indexOf(nearest)];
}
