import { describe, expect, it } from 'vitest';
import { type EvaluationProgress, throttleProgress } from './evaluator.ts';

describe('throttleProgress', () => {
  it('passes on every epoch, and steps at most once an interval', () => {
    let now = 0;
    const passed: EvaluationProgress[] = [];
    const report = throttleProgress(
      (progress) => passed.push(progress),
      () => now,
      100,
    );
    const step = (at: number, number: number, ends = false): EvaluationProgress => {
      now = at;
      const epoch = { epoch: 1, loss: 1, accuracy: 0 };
      const progress = { step: number, totalSteps: 9, ...(ends && { epoch }) };
      report(progress);
      return progress;
    };
    const first = step(1000, 1);
    step(1050, 2);
    step(1099, 3);
    const later = step(1100, 4);
    const epochs = [step(1110, 5, true), step(1120, 5, true)];
    step(1200, 6);
    const last = step(1220, 7);
    expect(passed).toEqual([first, later, ...epochs, last]);
  });
});
