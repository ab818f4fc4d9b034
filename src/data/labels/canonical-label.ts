// Labels that mean the same are written the same.

/**
 * A label as it stands in a file or is the name of a folder → the name of its class: without spaces around it, in Unicode's
 * form NFC (macOS stores accents decomposed), and whole numbers without a point, as tables have them where a column was read
 * as floats: `0`, `0.0` and `0.000e+00` are one class. Zeros in front stay, they belong to codes such as `007`.
 */
export function canonicalLabel(text: string): string {
  const label = text.normalize('NFC').trim();
  if (label === '-0') return '0';
  if (!/^[+-]?\d+\.\d*(e[+-]?\d+)?$/i.test(label)) return label;
  const value = Number(label);
  // Adding zero takes the sign from −0.
  return Number.isSafeInteger(value) ? String(value + 0) : label;
}
