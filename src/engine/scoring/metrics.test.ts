import { describe, expect, it } from 'vitest';
import { METRIC_NAMES, MetricCounter } from './metrics.ts';

/** Six examples of three classes (and a fourth that never occurs), in two batches. */
const LOGITS = [
  [5, 1, 0, -9], // 0: right
  [4, 3, 0, -9], // 0: right
  [1, 2, 0, -9], // 0: taken for 1, second best
  [0, 3, 1, -9], // 1: right
  [2, 1, 3, -9], // 1: taken for 2, third best
  [1, 0, 4, -9], // 2: right
];
const LABELS = [0, 0, 0, 1, 1, 2];

function count() {
  const counter = new MetricCounter(4);
  counter.add(Float32Array.from(LOGITS.slice(0, 4).flat()), LABELS.slice(0, 4), 4);
  counter.add(Float32Array.from(LOGITS.slice(4).flat()), LABELS.slice(4), 2);
  return counter;
}

describe('MetricCounter', () => {
  it.each([
    ['accuracy', 4 / 6],
    // Recalls 2/3, 1/2, 1; the class that never occurs does not count.
    ['balanced-accuracy', (2 / 3 + 1 / 2 + 1) / 3],
    // F1: class 0 4/(3+2), class 1 2/(2+2), class 2 2/(1+2).
    ['macro-f1', (4 / 5 + 2 / 4 + 2 / 3) / 3],
    ['top-2', 5 / 6],
    ['top-3', 1],
    ['top-5', 1],
  ] as const)('gives %s', (name, expected) => {
    expect(count().value(name)).toBeCloseTo(expected, 12);
  });

  it.each(METRIC_NAMES)('gives %s of parts that were counted apart, as of all examples together', (name) => {
    const counter = (from: number, to: number) => {
      const part = new MetricCounter(4);
      part.add(Float32Array.from(LOGITS.slice(from, to).flat()), LABELS.slice(from, to), to - from);
      return part;
    };
    const [first, second] = [counter(0, 4), counter(4, 6)];
    const pooled = new MetricCounter(4);
    pooled.include(first);
    pooled.include(second);
    expect(pooled.value(name)).toBe(count().value(name));
    expect(pooled.examples).toBe(6);
    // Recalls 2/3 and 1, and 0 and 1: their mean is not the recall of all.
    if (name === 'balanced-accuracy') expect((first.value(name) + second.value(name)) / 2).toBeCloseTo(2 / 3, 12);
  });

  it('knows every name', () => {
    for (const name of METRIC_NAMES) expect(count().value(name)).toBeGreaterThan(0);
  });
});
