// Keras' names of losses and metrics, and ours.

import type { MetricName } from '../../engine/scoring/metrics.ts';
import { InvalidInputError } from '../../errors.ts';
import { nearestOf } from '../../text/did-you-mean.ts';
import type { SearchConfigInput } from '../config/config.ts';

/** A loss by our name or Keras', or with its settings. Labels may be whole numbers or one-hot under either of Keras' names. */
export type LossOption =
  | 'cross-entropy'
  | 'mean-squared-error'
  | 'sparse_categorical_crossentropy'
  | 'categorical_crossentropy'
  | 'mean_squared_error'
  | NonNullable<NonNullable<SearchConfigInput['training']>['loss']>;

/** A metric by our name or Keras', whose `top_k` is the top 5, as there. */
export type MetricOption =
  | MetricName
  | 'sparse_categorical_accuracy'
  | 'categorical_accuracy'
  | 'sparse_top_k_categorical_accuracy'
  | 'top_k_categorical_accuracy';

type LossInput = Exclude<LossOption, string>;

const LOSSES = {
  'cross-entropy': 'cross-entropy',
  'mean-squared-error': 'mean-squared-error',
  sparse_categorical_crossentropy: 'cross-entropy',
  categorical_crossentropy: 'cross-entropy',
  mean_squared_error: 'mean-squared-error',
} as const satisfies Record<Extract<LossOption, string>, LossInput['name']>;

const METRICS: Readonly<Record<MetricOption, MetricName>> = {
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

/** @throws {InvalidInputError} for an unknown name. */
export function toLoss(option: LossOption): LossInput {
  return typeof option === 'string' ? { name: lookUp('loss', option, LOSSES) } : option;
}

/** @throws {InvalidInputError} for an unknown name. */
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
