// What Keras calls losses and metrics, beside our own names.

import type { MetricName } from '../../engine/scoring/metrics.ts';
import { InvalidInputError } from '../../errors.ts';
import { nearestOf } from '../../text/did-you-mean.ts';
import type { SearchConfigInput } from '../config/config.ts';

type LossInput = NonNullable<NonNullable<SearchConfigInput['training']>['loss']>;

const LOSSES = {
  'cross-entropy': 'cross-entropy',
  'mean-squared-error': 'mean-squared-error',
  sparse_categorical_crossentropy: 'cross-entropy',
  categorical_crossentropy: 'cross-entropy',
  mean_squared_error: 'mean-squared-error',
} as const satisfies Record<LossInput['name'], LossInput['name']> & Record<string, LossInput['name']>;

type KerasMetric =
  | 'sparse_categorical_accuracy'
  | 'categorical_accuracy'
  | 'sparse_top_k_categorical_accuracy'
  | 'top_k_categorical_accuracy';

const METRICS: Readonly<Record<MetricName | KerasMetric, MetricName>> = {
  accuracy: 'accuracy',
  'balanced-accuracy': 'balanced-accuracy',
  'macro-f1': 'macro-f1',
  'top-2': 'top-2',
  'top-3': 'top-3',
  'top-5': 'top-5',
  sparse_categorical_accuracy: 'accuracy',
  categorical_accuracy: 'accuracy',
  sparse_top_k_categorical_accuracy: 'top-5',
  top_k_categorical_accuracy: 'top-5',
};

/** Labels may be whole numbers or one-hot whichever the name says. */
export type LossOption = keyof typeof LOSSES | LossInput;
/** Keras' `top_k` is the top 5, as there. */
export type MetricOption = MetricName | KerasMetric;

/** @throws {InvalidInputError} for a name that there is not. */
export function toLoss(option: LossOption): LossInput {
  return typeof option === 'string' ? { name: lookUp('loss', option, LOSSES) } : option;
}

/** @throws {InvalidInputError} for a name that there is not. */
export function toMetric(option: MetricOption): MetricName {
  return lookUp('metrics', option, METRICS);
}

function lookUp<Name extends string, Ours>(place: string, received: Name, ours: Readonly<Record<Name, Ours>>): Ours {
  if (Object.hasOwn(ours, received)) return ours[received];
  const known = Object.keys(ours);
  const near = nearestOf(String(received), known);
  throw new InvalidInputError(
    `${place} must be one of ${known.join(', ')}, received ${JSON.stringify(received)}${near === undefined ? '' : `; did you mean ${near}?`}`,
    { details: { received, known } },
  );
}
