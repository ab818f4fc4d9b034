import { describe, expect, it } from 'vitest';
import { createSchedule, learningRateAt, type ScheduleSettings } from './schedule.ts';

const rates = (schedule: ScheduleSettings, base: number, total: number, perEpoch: number) =>
  Array.from({ length: total }, (_, step) => learningRateAt(schedule, base, step, total, perEpoch));

describe('learningRateAt', () => {
  it('keeps a constant rate', () => {
    expect(rates({ name: 'constant' }, 0.1, 3, 1)).toEqual([0.1, 0.1, 0.1]);
  });

  it('steps at the epochs it is told, in any order', () => {
    const steps = [
      { epoch: 3, factor: 0.1 },
      { epoch: 1, factor: 1 },
      { epoch: 0, factor: 0.5 },
    ];
    expect(rates({ name: 'step', steps }, 2, 8, 2)).toEqual([1, 1, 2, 2, 2, 2, 0.2, 0.2]);
  });

  it('falls along a cosine from the base rate towards zero', () => {
    const [first, , middle, , ...rest] = rates({ name: 'cosine' }, 1, 4, 1);
    expect(first).toBe(1);
    expect(middle).toBeCloseTo(0.5);
    expect(rest).toEqual([]);
  });

  it('rises and falls once, as PyTorch’s OneCycleLR does (max_lr 0.1, 10 steps, pct_start 0.3)', () => {
    // torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=10)
    const torch = [
      0.004, 0.052, 0.1, 0.0950484632, 0.0811745654, 0.0611262022, 0.0388741978, 0.0188258346, 0.0049519368, 4e-7,
    ];
    for (const [i, rate] of rates({ name: 'one-cycle', warmUp: 0.3 }, 0.1, 10, 5).entries()) {
      expect(rate).toBeCloseTo(torch[i] ?? 0, 6);
    }
  });

  it('stays finite for the shortest of trainings', () => {
    for (const total of [1, 2, 3]) {
      for (const rate of rates({ name: 'one-cycle', warmUp: 0.3 }, 0.1, total, 1))
        expect(rate).toBeLessThanOrEqual(0.1);
    }
  });
});

describe('createSchedule', () => {
  it('warms up linearly over whole epochs, then follows the schedule', () => {
    const schedule = createSchedule({ name: 'constant' }, 0.4, 8, 2, 2);
    expect([0, 1, 2, 3, 4, 7].map((step) => schedule.rateAt(step))).toEqual(
      [0.1, 0.2, 0.3, 0.4, 0.4, 0.4].map(closeTo),
    );
  });

  it('reduces the rate after the given number of epochs without a lower loss', () => {
    const schedule = createSchedule({ name: 'reduce-on-plateau', factor: 0.1, patience: 2 }, 1, 100, 10);
    const rates = [3, 2, 2, 2.5, 1.9, 1.9, 1.9, 1.9].map((loss) => {
      schedule.epochEnded(loss);
      return schedule.rateAt(0);
    });
    expect(rates).toEqual([1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01].map(closeTo));
  });
});

const closeTo = (value: number): unknown => expect.closeTo(value, 9);
