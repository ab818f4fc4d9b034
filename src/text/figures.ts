// Figures as people read them.

/** `61,226`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** Three digits and a unit: `12.4 M` and a suffix, 1,000 to a step. */
export function scaled(value: number, suffix: string): string {
  const units = ['', 'k', 'M', 'G', 'T', 'P'];
  let [scaledValue, unit] = [value, 0];
  while (scaledValue >= 999.5 && unit < units.length - 1) [scaledValue, unit] = [scaledValue / 1000, unit + 1];
  const digits = unit === 0 || scaledValue >= 99.95 ? 0 : scaledValue >= 9.995 ? 1 : 2;
  return `${scaledValue.toFixed(digits)} ${units[unit]}${suffix}`;
}
