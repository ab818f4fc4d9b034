// A fitness as readers know it.

import { percent } from './format.ts';

/** Accuracy is a percentage, other metrics are numbers. */
export function fitnessText(metric: string, value: number, digits = 2): string {
  return metric === 'accuracy' ? percent(value, digits) : value.toFixed(digits + 2);
}
