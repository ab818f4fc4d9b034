import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlanStage, plannedSteps, schedulePosition, type TrainingPlan } from './training-plan.ts';

const plans = fc
  .tuple(
    fc.integer({ min: 1, max: 1000 }),
    fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 500 })), { maxLength: 4 }),
  )
  .map(([total, changes]): TrainingPlan => {
    let at = 0;
    const stages = changes.map(([later, left]): PlanStage => {
      at += later;
      return { at, total: at + left };
    });
    // A stage begins before the one before it ends.
    const first = { at: 0, total: Math.max(total, (stages[0]?.at ?? 0) + 1) };
    return [
      first,
      ...stages.map((stage, i) => ({ ...stage, total: Math.max(stage.total, (stages[i + 1]?.at ?? 0) + 1) })),
    ];
  });

describe('schedulePosition', () => {
  it('is the step itself in a training that goes as planned', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), (total, share) => {
        const step = Math.floor(share * (total - 1));
        expect(schedulePosition([{ at: 0, total }], step)).toBe(step);
      }),
    );
  });

  it('goes through what is left of the schedule twice as fast in half the steps, half as fast in twice as many', () => {
    const halved: TrainingPlan = [
      { at: 0, total: 100 },
      { at: 40, total: 70 },
    ];
    expect([39, 40, 41, 69].map((step) => schedulePosition(halved, step))).toEqual([39, 40, 42, 98]);
    const longer: TrainingPlan = [...halved, { at: 60, total: 80 }];
    expect([59, 60, 61, 62].map((step) => schedulePosition(longer, step))).toEqual([78, 80, 81, 82]);
  });

  it('never goes back, and goes from the begin of the schedule to its end', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const positions = Array.from({ length: plannedSteps(plan) + 1 }, (_, step) => schedulePosition(plan, step));
        expect(positions[0]).toBe(0);
        expect(positions.at(-1)).toBeCloseTo(plan[0].total, 6);
        expect(positions.every((position, i) => i === 0 || position > (positions[i - 1] ?? 0))).toBe(true);
      }),
    );
  });
});
