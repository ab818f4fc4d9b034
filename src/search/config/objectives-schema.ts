// The part of the configuration that sets the objectives of a search besides fitness.

import { z } from 'zod';
import { METRIC_NAMES, type MetricName } from '../../engine/scoring/metrics.ts';
import { InvalidInputError } from '../../errors.ts';
import { COST_NAMES, type CostName, resolveObjectives } from './objectives.ts';
import { requirePick } from './pick-rule.ts';
import { count, positive } from './training-schema.ts';

const OBJECTIVE_NAMES = [...METRIC_NAMES, ...COST_NAMES] as const;

export const objectiveFields = {
  objectives: z
    .array(z.enum(OBJECTIVE_NAMES))
    .min(1)
    .default(['accuracy'])
    .describe(
      `The fitness, then costs to minimise: ${COST_NAMES.join(', ')}. With several objectives, NSGA-II selects and the result has a Pareto front.`,
    ),
  pick: z
    .string()
    .optional()
    .describe(
      'Which network becomes the model: best, promising (the first initial genome, or the deepest that may be the best where that is ahead beyond chance; the default with a budget), knee (of the front), or smallest-within=1% (percentage points) of the best.',
    ),
  frontSize: count
    .default(5)
    .describe(
      'With several objectives: number of networks of the front that are trained again, on all training images.',
    ),
  frontEpochs: z.int().min(0).optional().describe('Epochs for each network of the front. Default: finalEpochs.'),
  frontWork: positive.optional().describe('Alternative to frontEpochs: work for retraining the front, in FLOPs.'),
};

interface ObjectiveSettings {
  readonly objectives: readonly (MetricName | CostName)[];
  readonly pick: string;
  readonly training: { readonly metrics: readonly MetricName[] };
}

/**
 * The settings with the first objective replaced by the name of the fitness metric.
 *
 * @throws {InvalidInputError} naming the key.
 */
export function withObjectives<Settings extends ObjectiveSettings>(
  settings: Settings,
  placeOf: (path: string) => string,
): Settings {
  const { objectives, pick, training } = settings;
  const { name } = requirePick(pick, placeOf('pick'));
  if (name === 'promising' && objectives.length > 1) {
    throw new InvalidInputError(
      `${placeOf('pick')} is promising, which works only for a single objective; with several objectives use best, knee or smallest-within=1%`,
      { details: { received: pick } },
    );
  }
  return {
    ...settings,
    objectives: resolveObjectives(objectives, training.metrics[0] ?? 'accuracy', placeOf('objectives')),
  };
}
