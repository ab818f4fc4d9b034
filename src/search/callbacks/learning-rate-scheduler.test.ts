import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../engine/training/schedule.ts';
import { AutoCNN } from '../auto-cnn/auto-cnn.ts';
import { learningRateScheduler, scheduleOf } from './learning-rate-scheduler.ts';

const schedule = (rateOfEpoch: (epoch: number, rate: number) => number, epochs: number, learningRate = 0.1) =>
  scheduleOf([{ name: 'another' }, learningRateScheduler(rateOfEpoch)], { epochs, learningRate });

describe('learningRateScheduler', () => {
  it('gives every epoch the rate that its function says, from that of the epoch before', () => {
    const steps = schedule((epoch, rate) => (epoch < 2 ? rate : rate / 2), 5);
    expect(steps).toEqual({
      name: 'step',
      steps: [
        { epoch: 0, factor: 1 },
        { epoch: 2, factor: 0.5 },
        { epoch: 3, factor: 0.25 },
        { epoch: 4, factor: 0.125 },
      ],
    });
  });

  it('calls it once for each epoch, from 0 on, with the optimiser’s rate first', () => {
    const calls: [number, number][] = [];
    const rates = [0.2, 0.3, 0.3];
    const steps = schedule((epoch, rate) => {
      calls.push([epoch, rate]);
      return rates[epoch] ?? 0;
    }, 3);
    expect(calls).toEqual([
      [0, 0.1],
      [1, 0.2],
      [2, 0.3],
    ]);
    const rateAt = (step: number) => learningRateAt(steps ?? { name: 'constant' }, 0.1, step, 30, 10);
    expect([0, 9, 10, 29].map(rateAt)).toEqual([0.2, 0.2, 0.3, 0.3].map((rate) => expect.closeTo(rate, 12)));
  });

  it('is absent if no callback is a scheduler', () => {
    expect(scheduleOf([{}, { onEpochEnd() {} }], { epochs: 3, learningRate: 1 })).toBeUndefined();
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a rate of %s, naming the epoch', (wrong) => {
    expect(() => schedule((epoch) => (epoch === 2 ? wrong : 1), 4)).toThrow(
      `learningRateScheduler must return a rate above 0 for each epoch, received ${wrong} for epoch 2`,
    );
  });

  it('is refused twice, and beside a schedule of the settings', () => {
    const scheduler = learningRateScheduler((_, rate) => rate);
    const dataset = 'mnist';
    expect(() => new AutoCNN({ dataset, extraCallbacks: [scheduler, scheduler] })).toThrow(
      'extraCallbacks has two learning-rate schedulers; give one',
    );
    const settings = { training: { schedule: { name: 'cosine' } } } as const;
    expect(() => new AutoCNN({ dataset, extraCallbacks: [scheduler], settings })).toThrow(
      'settings.training.schedule and a learningRateScheduler among extraCallbacks both say the learning rate; give one',
    );
  });
});
