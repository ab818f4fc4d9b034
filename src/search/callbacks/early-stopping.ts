// A ready-made callback that ends a training once it stops improving.

import type { MetricName } from '../../engine/scoring/metrics.ts';
import { InvalidInputError } from '../../errors.ts';
import { nearestOf } from '../../text/did-you-mean.ts';
import type { Callback, EpochEvent } from './callback.ts';

type Value = (epoch: EpochEvent) => number | undefined;

const MONITORED = {
  loss: ({ loss }) => loss,
  accuracy: ({ accuracy }) => accuracy,
  validationLoss: ({ validationLoss }) => validationLoss,
  validationAccuracy: ({ validationAccuracy }) => validationAccuracy,
  val_loss: ({ validationLoss }) => validationLoss,
  val_accuracy: ({ validationAccuracy }) => validationAccuracy,
  'balanced-accuracy': ({ metrics }) => metrics?.['balanced-accuracy'],
  'macro-f1': ({ metrics }) => metrics?.['macro-f1'],
  'top-2': ({ metrics }) => metrics?.['top-2'],
  'top-3': ({ metrics }) => metrics?.['top-3'],
  'top-5': ({ metrics }) => metrics?.['top-5'],
} as const satisfies Record<NonNullable<EarlyStoppingOptions['monitor']>, Value>;

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /**
   * Default: `validationLoss`. `loss` and `accuracy` refer to the training images; `val_…` is Keras' name for
   * `validation…`. Metrics other than accuracy must be among the search's `metrics`.
   */
  readonly monitor?:
    | 'loss'
    | 'accuracy'
    | 'validationLoss'
    | 'validationAccuracy'
    | 'val_loss'
    | 'val_accuracy'
    | Exclude<MetricName, 'accuracy'>;
  /** The training ends after this many epochs without an improvement; as in Keras, 0 and 1 are equivalent. Default: 0. */
  readonly patience?: number;
  /** A smaller improvement does not count. Default: 0. */
  readonly minDelta?: number;
}

/**
 * Ends each training that has not improved for some epochs; its best epoch counts. Final trainings have no validation
 * images, so only `loss` and `accuracy` can end them.
 *
 * The callback runs in this process. To stop early by the fitness without a callback, set
 * `settings.training.earlyStoppingPatience`.
 *
 * @throws {InvalidInputError} for an invalid option.
 * @see Keras' EarlyStopping. Differs: it always keeps the weights of the best epoch.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const { monitor = 'validationLoss', patience = 0, minDelta = 0 } = options;
  check(monitor, patience, minDelta);
  const isLoss = monitor.toLowerCase().endsWith('loss');
  const trainings = new Map<string, { best: number; epochsSince: number }>();
  return {
    name: 'earlyStopping',
    onEpochEnd(epoch, control) {
      const value = MONITORED[monitor](epoch);
      if (value === undefined) {
        if (epoch.final) return;
        throw new Error(`${monitor} is not measured; add it to metrics`);
      }
      // Higher is better from here on.
      const score = isLoss ? -value : value;
      const training = trainings.get(epoch.id) ?? { best: Number.NEGATIVE_INFINITY, epochsSince: 0 };
      trainings.set(epoch.id, training);
      if (score - minDelta > training.best) {
        training.best = score;
        training.epochsSince = 0;
      } else if (++training.epochsSince >= patience) control.stopEvaluation();
    },
    onEvaluationEnd({ id }) {
      trainings.delete(id);
    },
  };
}

function check(monitor: string, patience: number, minDelta: number): void {
  const names = Object.keys(MONITORED);
  if (!names.includes(monitor)) {
    const near = nearestOf(monitor, names);
    const cure = near === undefined ? '' : `; did you mean ${near}?`;
    throw new InvalidInputError(
      `monitor of earlyStopping must be one of ${names.join(', ')}, received ${JSON.stringify(monitor)}${cure}`,
      { details: { received: monitor, known: names } },
    );
  }
  if (!Number.isInteger(patience) || patience < 0) {
    throw new InvalidInputError(`patience of earlyStopping must be a whole number of epochs, received ${patience}`);
  }
  if (!(minDelta >= 0)) {
    throw new InvalidInputError(`minDelta of earlyStopping must be at least 0, received ${minDelta}`);
  }
}
