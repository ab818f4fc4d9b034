/**
 * The distinct names in their order: by number if all are integers, otherwise by code point. The same on every machine,
 * whatever its language.
 */
export function sortClassNames(names: Iterable<string>): string[] {
  const distinct = [...new Set(names)];
  const numeric = distinct.every((name) => /^-?\d+$/.test(name));
  return distinct.sort((a, b) => (numeric ? Number(a) - Number(b) : 0) || compareCodePoints(a, b));
}

/** UTF-8 keeps the order of code points; JavaScript's own comparison (UTF-16) does not. */
export function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
