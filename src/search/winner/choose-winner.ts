// Which of the networks that a search has trained is trained once more, on all images, at its end.

import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import { dataSizeOf, scoredImages } from '../budget/candidate-work.ts';
import { costNamesOf } from '../config/objectives.ts';
import { type FrontRule, requirePick } from '../config/pick-rule.ts';
import type { FinalTraining } from '../final/final-training.ts';
import { describeMember, paretoFront } from '../records/front.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import type { SearchSummary } from '../records/summary.ts';
import type { OpenRun } from '../start-run.ts';
import { type Capacity, pickFrom, pickPromising } from './pick.ts';
import { planRefinement, refineFront } from './refine-front.ts';

/** What the final training is for. */
export interface Winner extends TrainedWinner {
  /** That it was picked from, where it is not just the fittest. */
  readonly front?: Pick<SearchSummary, 'pareto' | 'picked'>;
}

/** What a search has found. */
export interface Found {
  readonly fittest: EvaluationEntry;
  /** All evaluations, those that failed too. */
  readonly evaluations: readonly EvaluationEntry[];
  /** Those whose training went to its end: fitness after less does not compare. */
  readonly comparable: readonly EvaluationEntry[];
}

/**
 * By the rule of the configuration. Where there are several objectives, networks of the front are trained once more for it.
 *
 * @throws {EvaluationError} `cancelled` if the signal is aborted.
 */
export async function chooseWinner(
  found: Found,
  training: FinalTraining,
  signal: AbortSignal | undefined,
): Promise<Winner> {
  const { objectives, pick } = training.run.config;
  const rule = requirePick(pick, 'pick');
  if (rule.name === 'promising') return mostPromising(found, training.run);
  if (rule.name === 'best' && objectives.length === 1) return asWinner(found.fittest);
  return ofFront(found.evaluations, rule, training, signal);
}

/** The fittest where all that compare were cut short. */
function mostPromising({ fittest, comparable }: Found, { config, dataset }: OpenRun): Winner {
  if (comparable.length === 0) return asWinner(fittest);
  const data = dataSizeOf(config, dataset);
  const capacityOf = (genome: string): Capacity => {
    const skips = estimateCost(parseGenome(genome), data.problem).layers.filter(({ kind }) => kind === 'skip');
    return { depth: skips.length, parameters: skips.reduce((sum, { parameters }) => sum + parameters, 0) };
  };
  const { entry, why } = pickPromising(comparable, scoredImages(config, data), capacityOf);
  return asWinner(entry, { picked: { genome: entry.genome, rule: 'promising', why } });
}

async function ofFront(
  evaluations: readonly EvaluationEntry[],
  rule: FrontRule,
  training: FinalTraining,
  signal: AbortSignal | undefined,
): Promise<Winner> {
  const { config, dataset } = training.run;
  const names = costNamesOf(config);
  // With one objective, the smaller networks are those with fewer parameters.
  const costs = names.length > 0 ? names : (['parameters'] as const);
  const plan = planRefinement(paretoFront(evaluations, costs), config, dataSizeOf(config, dataset));
  const refined = names.length > 0 && plan.epochs > 0 ? await refineFront(training, plan, signal) : [];
  const front = paretoFront([...evaluations, ...refined], costs);
  const { entry, why } = pickFrom(front, rule, costs[0] ?? 'parameters');
  const metric = config.training.metrics[0] ?? 'accuracy';
  const pareto = front.map((member) => describeMember(member, metric));
  return asWinner(entry, { pareto, picked: { genome: entry.genome, rule: config.pick, why } });
}

function asWinner(evaluation: EvaluationEntry, front?: Winner['front']): Winner {
  return { genome: evaluation.genome, evaluation, ...(front && { front }) };
}

/** A genome that is to be trained on all images. */
export interface TrainedWinner {
  readonly genome: string;
  /** In the search, if there was one. */
  readonly evaluation: EvaluationEntry | undefined;
}
