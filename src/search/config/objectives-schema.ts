// The part of the configuration that says what else than fitness a search is after.

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
      `The fitness, then what is to be small: ${COST_NAMES.join(', ')}. With several, NSGA-II selects and there is a Pareto front.`,
    ),
  pick: z
    .string()
    .optional()
    .describe(
      'Which network becomes the model: best, promising (the deepest that may be as good: so under a budget unless given), knee (of the front), or the smallest-within=1% (percentage points) of the best.',
    ),
  frontSize: count
    .default(5)
    .describe('With several objectives: networks of the front that are trained once more, on all training images.'),
  frontEpochs: z.int().min(0).optional().describe('Epochs of each of them; as many as final epochs unless given.'),
  frontWork: positive.optional().describe('Or as many epochs as so much computing is enough for.'),
};

interface ObjectiveSettings {
  readonly objectives: readonly (MetricName | CostName)[];
  readonly pick: string;
  readonly training: { readonly metrics: readonly MetricName[] };
}

/**
 * The settings with the first objective by the name of the fitness.
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
      `${placeOf('pick')} is promising, which is for a search for fitness alone; with several objectives give best, knee or smallest-within=1%`,
      { details: { received: pick } },
    );
  }
  return {
    ...settings,
    objectives: resolveObjectives(objectives, training.metrics[0] ?? 'accuracy', placeOf('objectives')),
  };
}
