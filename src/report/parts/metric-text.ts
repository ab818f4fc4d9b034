// Formats fitness values.

import { percent } from './format.ts';

/** Accuracy is a percentage, other metrics are numbers. */
export function fitnessText(metric: string, value: number, digits = 2): string {
  return metric === 'accuracy' ? percent(value, digits) : value.toFixed(digits + 2);
}

/** Uses as many digits as needed to distinguish the ticks. */
export function tickText(metric: string, ticks: readonly number[]): (value: number) => string {
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0));
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return (value) => (metric === 'accuracy' ? percent(value, Math.max(0, digits - 2)) : value.toFixed(digits));
}
