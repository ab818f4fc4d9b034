import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meetDeadline, type Pace, stepsInTime } from './adjust-steps.ts';

const PACE: Pace = { done: 400, total: 1000, secondsPerStep: 0.1, secondsLeft: 60, toleranceSeconds: 2 };

describe('stepsInTime', () => {
  it('leaves a training alone that ends within the tolerance', () => {
    expect(stepsInTime(PACE)).toBe(1000);
    expect(stepsInTime({ ...PACE, secondsLeft: 58.1 })).toBe(1000);
    expect(stepsInTime({ ...PACE, secondsLeft: 61.9 })).toBe(1000);
  });

  it('shortens one that is too slow, lengthens one that is too fast', () => {
    expect(stepsInTime({ ...PACE, secondsPerStep: 0.2 })).toBe(700);
    expect(stepsInTime({ ...PACE, secondsPerStep: 0.05 })).toBe(1600);
  });

  it('ends one whose time is over', () => {
    expect(stepsInTime({ ...PACE, secondsLeft: 0 })).toBe(400);
    expect(stepsInTime({ ...PACE, secondsLeft: -9 })).toBe(400);
  });

  it('gives a length that ends in time, to a step, and that it would not change again', () => {
    const paces = fc.record({
      done: fc.nat(10_000),
      total: fc.integer({ min: 10_001, max: 30_000 }),
      secondsPerStep: fc.double({ min: 1e-4, max: 10, noNaN: true }),
      secondsLeft: fc.double({ min: -10, max: 4000, noNaN: true }),
      toleranceSeconds: fc.double({ min: 0.1, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(paces, (pace) => {
        const total = stepsInTime(pace);
        const takes = (total - pace.done) * pace.secondsPerStep;
        expect(total).toBeGreaterThanOrEqual(pace.done);
        if (total === pace.total) return;
        expect(takes).toBeLessThanOrEqual(Math.max(0, pace.secondsLeft) + 1e-6);
        expect(takes + pace.secondsPerStep).toBeGreaterThan(Math.max(0, pace.secondsLeft) - 1e-6);
        const tolerance = Math.max(pace.toleranceSeconds, pace.secondsPerStep);
        if (pace.secondsLeft >= 0) expect(stepsInTime({ ...pace, total, toleranceSeconds: tolerance })).toBe(total);
      }),
    );
  });
});

describe('meetDeadline', () => {
  it('asks the clock each time', () => {
    let left = 60;
    const decide = meetDeadline(() => left, 2);
    expect(decide(400, 1000, 0.1)).toBe(1000);
    left = 30;
    expect(decide(400, 1000, 0.1)).toBe(700);
  });
});
