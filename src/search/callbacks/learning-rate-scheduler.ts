// A ready-made callback: a function that says the learning rate of each epoch. Networks are trained in other processes, where
// no function goes, so it is asked for all epochs at the start, and a step schedule is made of what it says.

import { InvalidInputError } from '../../errors.ts';
import type { Callback } from './callback.ts';

/** As the configuration takes it: from each epoch on, its factor on the base rate. */
interface StepSchedule {
  readonly name: 'step';
  readonly steps: { epoch: number; factor: number }[];
}

/** Made by {@link learningRateScheduler}. */
interface LearningRateScheduler extends Callback {
  readonly rateOfEpoch: (epoch: number, rate: number) => number;
}

/**
 * The learning rate of each epoch, of the candidates and of the final training, in place of the schedule of the settings. The
 * function is called when `AutoCNN` is made, once for each epoch of the longest training; the run keeps what it said.
 *
 * @param rateOfEpoch  gives the rate of an epoch, counted from 0 as in Keras; `rate` is that of the epoch before, in epoch 0
 *   the optimiser's.
 * @see Keras' LearningRateScheduler. Differs: it is not called during the training.
 */
export function learningRateScheduler(rateOfEpoch: (epoch: number, rate: number) => number): Callback {
  const scheduler: LearningRateScheduler = { name: 'learningRateScheduler', rateOfEpoch };
  return scheduler;
}

/**
 * The schedule of the scheduler among the callbacks, if there is one.
 *
 * @throws {InvalidInputError} if there are two, or if one gives a rate that is none.
 */
export function scheduleOf(
  callbacks: readonly Callback[],
  { epochs, learningRate }: { readonly epochs: number; readonly learningRate: number },
): StepSchedule | undefined {
  const [scheduler, another] = callbacks.filter(isScheduler);
  if (scheduler === undefined) return undefined;
  if (another !== undefined) {
    throw new InvalidInputError('extraCallbacks has two learning-rate schedulers; give one');
  }
  const steps: StepSchedule['steps'] = [];
  let rate = learningRate;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const next = scheduler.rateOfEpoch(epoch, rate);
    if (!(next > 0 && Number.isFinite(next))) {
      throw new InvalidInputError(
        `learningRateScheduler must give a rate above 0 for each epoch, received ${next} for epoch ${epoch}`,
        { details: { epoch, received: next } },
      );
    }
    if (epoch === 0 || next !== rate) steps.push({ epoch, factor: next / learningRate });
    rate = next;
  }
  return { name: 'step', steps };
}

function isScheduler(callback: Callback): callback is LearningRateScheduler {
  return 'rateOfEpoch' in callback;
}
