// "Did you mean …?"

import { closest, distance } from 'fastest-levenshtein';

/** The name most like the one received, if it is like it at all. */
export function nearestOf(received: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const nearest = closest(received.toLowerCase(), [...names]);
  return distance(received.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, Math.floor(nearest.length / 2))
    ? nearest
    : undefined;
}
