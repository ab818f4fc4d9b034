// Learning-rate schedules: the rate of each step, relative to the base rate.

import { cosine } from '../../arithmetic/sine-cosine.ts';

/** How the learning rate goes over a training; the settings hold its base rate. */
export type ScheduleSettings =
  | { readonly name: 'constant' }
  /** Each factor applies from its epoch (counted from 0) on; before the first, the factor is 1. */
  | { readonly name: 'step'; readonly steps: readonly { readonly epoch: number; readonly factor: number }[] }
  | { readonly name: 'cosine' }
  /** `warmUp`: the share of all steps in which the rate rises. */
  | { readonly name: 'one-cycle'; readonly warmUp: number }
  /** Multiplies the rate by `factor` after `patience` epochs without a lower loss. */
  | { readonly name: 'reduce-on-plateau'; readonly factor: number; readonly patience: number };

/** One-cycle starts at 1/25 of the peak and ends at 1/25 · 10⁻⁴ of it, PyTorch's defaults. */
const START_FACTOR = 1 / 25;
const END_FACTOR = START_FACTOR * 1e-4;

/** The schedule of a running training; it may depend on the training's progress. */
export interface Schedule {
  /** @param step  counted from 0. */
  rateAt(step: number): number;
  /** Called after each epoch with the monitored loss. */
  epochEnded(loss: number): void;
}

/**
 * @param warmUpEpochs  number of epochs over which the rate rises linearly to that of the schedule.
 */
export function createSchedule(
  settings: ScheduleSettings,
  baseRate: number,
  totalSteps: number,
  stepsPerEpoch: number,
  warmUpEpochs = 0,
): Schedule {
  const plateau = settings.name === 'reduce-on-plateau' ? watchPlateau(settings) : undefined;
  const warmUpSteps = warmUpEpochs * stepsPerEpoch;
  return {
    rateAt(step) {
      const rate = learningRateAt(settings, baseRate, step, totalSteps, stepsPerEpoch) * (plateau?.factor() ?? 1);
      return step < warmUpSteps ? (rate * (step + 1)) / warmUpSteps : rate;
    },
    epochEnded: (loss) => plateau?.epochEnded(loss),
  };
}

/** Keras' ReduceLROnPlateau with a threshold of zero. */
function watchPlateau({ factor, patience }: Extract<ScheduleSettings, { name: 'reduce-on-plateau' }>) {
  let current = 1;
  let best = Number.POSITIVE_INFINITY;
  let epochsSince = 0;
  return {
    factor: () => current,
    epochEnded(loss: number) {
      epochsSince = loss < best ? 0 : epochsSince + 1;
      best = Math.min(best, loss);
      if (epochsSince < patience) return;
      current *= factor;
      epochsSince = 0;
    },
  };
}

/**
 * The learning rate of one step.
 *
 * - constant: the base rate; also reduce-on-plateau, before any reduction.
 * - step: piecewise constant over epochs (CNN-GA's schedule is one).
 * - cosine: base · (1 + cos π·t) / 2 (Loshchilov & Hutter 2017, eq. 5, without restarts).
 * - one-cycle: cosine up to the base rate as peak, then cosine down (Smith & Topin 2018).
 *
 * @param step  from 0 to `totalSteps` − 1.
 */
export function learningRateAt(
  schedule: ScheduleSettings,
  baseRate: number,
  step: number,
  totalSteps: number,
  stepsPerEpoch: number,
): number {
  switch (schedule.name) {
    case 'constant':
    case 'reduce-on-plateau':
      return baseRate;
    case 'step': {
      const epoch = Math.floor(step / stepsPerEpoch);
      const reached = schedule.steps.filter((change) => change.epoch <= epoch);
      const latest = reached.reduce((a, b) => (b.epoch >= a.epoch ? b : a), { epoch: -1, factor: 1 });
      return baseRate * latest.factor;
    }
    case 'cosine':
      return baseRate * cosineBetween(1, 0, step / totalSteps);
    case 'one-cycle': {
      const peak = Math.max(1, schedule.warmUp * totalSteps - 1);
      if (step <= peak) return baseRate * cosineBetween(START_FACTOR, 1, step / peak);
      return baseRate * cosineBetween(1, END_FACTOR, (step - peak) / Math.max(1, totalSteps - 1 - peak));
    }
  }
}

function cosineBetween(from: number, to: number, progress: number): number {
  return to + ((from - to) * (1 + cosine(Math.PI * progress))) / 2;
}
