// Chooses which network of the search gets the final training on all images.

import { countLabels } from '../../data/set/dataset.ts';
import { estimateCost } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { parseGenome } from '../../genome/text.ts';
import { scoredImages } from '../budget/candidate-work.ts';
import type { RunSession } from '../candidates/run-session.ts';
import type { FoundNetworks } from '../candidates/search-result.ts';
import { costNamesOf } from '../config/objectives.ts';
import { type FrontRule, requirePick } from '../config/pick-rule.ts';
import { describeMember, paretoFront } from '../records/front.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import type { OpenRun } from '../records/open-run.ts';
import type { SearchSummary } from '../records/summary.ts';
import { effectiveImages } from './effective-images.ts';
import { type Capacity, pickFrom, pickPromising } from './pick.ts';
import { planRefinement, refineFront } from './refine-front.ts';

/** The network that gets the final training. */
export interface Winner {
  readonly genome: Genome;
  /** Its evaluation in the search, if there was one. */
  readonly evaluation: EvaluationEntry | undefined;
  /** The front it was picked from; absent if it is simply the fittest. */
  readonly front?: Pick<SearchSummary, 'pareto' | 'picked'>;
}

/**
 * Applies the configured rule. With several objectives, networks of the front are trained again first.
 *
 * @throws {EvaluationError} `cancelled` if the signal is aborted.
 */
export async function chooseWinner(
  found: FoundNetworks,
  session: RunSession,
  signal: AbortSignal | undefined,
): Promise<Winner> {
  const { objectives, pick } = session.config;
  const rule = requirePick(pick, 'pick');
  // All trainings were cut short, so their results are not comparable.
  if (found.comparable.length === 0) return asWinner(found.fittest);
  if (rule.name === 'promising') return mostPromising(found.comparable, session.run);
  if (rule.name === 'best' && objectives.length === 1) return asWinner(found.fittest);
  return ofFront(found.comparable, rule, session, signal);
}

function mostPromising(
  comparable: readonly EvaluationEntry[],
  { config, problem, dataset, dataSize }: OpenRun,
): Winner {
  const capacityOf = (genome: string): Capacity => {
    const convolved = estimateCost(parseGenome(genome), problem).layers.filter(
      ({ kind }) => kind === 'skip' || kind === 'stage',
    );
    return { depth: convolved.length, parameters: convolved.reduce((sum, { parameters }) => sum + parameters, 0) };
  };
  const [incumbent] = config.initialGenomes;
  const metric = config.training.metrics[0] ?? 'accuracy';
  const counts = countLabels(dataset.train, dataset.classes);
  const images = effectiveImages(metric, scoredImages(config, dataSize), counts);
  const { entry, why } = pickPromising(comparable, images, capacityOf, incumbent);
  return asWinner(entry, { picked: { genome: entry.genome, rule: 'promising', why } });
}

async function ofFront(
  comparable: readonly EvaluationEntry[],
  rule: FrontRule,
  session: RunSession,
  signal: AbortSignal | undefined,
): Promise<Winner> {
  const { config, run } = session;
  const names = costNamesOf(config);
  // With one objective, the cost is the number of parameters.
  const costs = names.length > 0 ? names : (['parameters'] as const);
  const refined = names.length > 0 ? await refine(paretoFront(comparable, costs)) : [];
  const front = paretoFront([...comparable, ...refined], costs);
  const { entry, why } = pickFrom(front, rule, costs[0] ?? 'parameters');
  const metric = config.training.metrics[0] ?? 'accuracy';
  const pareto = front.map((member) => describeMember(member, metric));
  return asWinner(entry, { pareto, picked: { genome: entry.genome, rule: config.pick, why } });

  async function refine(members: readonly EvaluationEntry[]): Promise<readonly EvaluationEntry[]> {
    const plan = planRefinement(members, config, run.dataSize);
    return plan.length > 0 ? refineFront(session, plan, signal) : [];
  }
}

function asWinner(evaluation: EvaluationEntry, front?: Winner['front']): Winner {
  return { genome: parseGenome(evaluation.genome), evaluation, ...(front && { front }) };
}
