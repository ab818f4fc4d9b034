// A ready-made callback: a function that returns the learning rate of each epoch. Networks are trained in other processes,
// and a function cannot be sent there. It is therefore called for all epochs at the start, and the result becomes a step
// schedule.

import { InvalidInputError } from '../../errors.ts';
import type { Callback } from './callback.ts';

/** In the configuration's form: each step gives the factor on the base rate from that epoch on. */
interface StepSchedule {
  readonly name: 'step';
  readonly steps: { epoch: number; factor: number }[];
}

/** Made by {@link learningRateScheduler}. */
interface LearningRateScheduler extends Callback {
  readonly rateOfEpoch: (epoch: number, rate: number) => number;
}

/**
 * Sets the learning rate of each epoch, for candidates and for the final training, instead of the configured schedule. The
 * function is called when `AutoCNN` is constructed, once for each epoch of the longest training; the run stores the result.
 *
 * @param rateOfEpoch  returns the rate of an epoch, counted from 0 as in Keras; `rate` is that of the previous epoch, in
 *   epoch 0 the optimiser's.
 * @see Keras' LearningRateScheduler. Differs: the function is not called during the training.
 */
export function learningRateScheduler(rateOfEpoch: (epoch: number, rate: number) => number): Callback {
  const scheduler: LearningRateScheduler = { name: 'learningRateScheduler', rateOfEpoch };
  return scheduler;
}

/**
 * The schedule given by the scheduler among the callbacks, if there is one.
 *
 * @throws {InvalidInputError} if there are two schedulers, or if one returns an invalid rate.
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
        `learningRateScheduler must return a rate above 0 for each epoch, received ${next} for epoch ${epoch}`,
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
