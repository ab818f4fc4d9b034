import { expect, it } from 'vitest';
import { tickText } from './metric-text.ts';

it.each([
  ['accuracy', [0.8, 0.9, 1], ['80 %', '90 %', '100 %']],
  ['accuracy', [0.98, 0.985, 0.99], ['98.0 %', '98.5 %', '99.0 %']],
  ['accuracy', [0.9945, 0.995], ['99.45 %', '99.50 %']],
  ['loss', [0, 0.05, 0.1], ['0.00', '0.05', '0.10']],
  ['loss', [0, 1, 2], ['0', '1', '2']],
])('ticks of %s have the digits that tell them apart: %j', (metric, ticks, expected) => {
  expect(ticks.map(tickText(metric, ticks))).toEqual(expected);
});
