/** The distinct names, ordered by number if all are integers, otherwise by code point: the same on every machine. */
export function sortClassNames(names: Iterable<string>): string[] {
  const distinct = [...new Set(names)];
  const numeric = distinct.every((name) => /^-?\d+$/.test(name));
  return distinct.sort((a, b) => (numeric ? Number(a) - Number(b) : 0) || compareCodePoints(a, b));
}

/** Compares by code point. Unlike `<`, which compares UTF-16 units, it puts characters beyond U+FFFF last. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rankOf(a.charCodeAt(i)) - rankOf(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates, the halves of characters beyond U+FFFF, swap places with what follows them. */
function rankOf(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}
