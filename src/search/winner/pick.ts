// Picks the network of the search that becomes the model.

import type { CostName } from '../config/objectives.ts';
import type { FrontRule } from '../config/pick-rule.ts';
import { compareGenomes, costOf } from '../records/front.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';

export interface Picked {
  readonly entry: EvaluationEntry;
  /** Explanation for the user. */
  readonly why: string;
}

/** How much a network can learn, given enough time. */
export interface Capacity {
  /** Number of skip layers. */
  readonly depth: number;
  /**
   * Parameters of the skip layers. Those of the classifier are not counted: they only show how little the image was pooled.
   */
  readonly parameters: number;
}

/**
 * By how many standard errors a network has to be ahead of the incumbent. The fittest of many is ahead of it by one or
 * two even where all are equally good.
 */
const AHEAD = 2;

/**
 * `promising`: the incumbent, unless the best is ahead of it beyond chance. Then, of the networks whose fitness is at most one
 * standard error below the best, the deepest, and of these the one with the most parameters: which of them is the
 * fittest is a matter of chance, and the short training of a search favours networks that learn fast, while the long
 * final training favours those that can learn more.
 *
 * @param entries       comparable evaluations, all of the same fidelity; at least one.
 * @param images        number of images that the fitness is worth.
 * @param capacityOf    returns the capacity of a genome.
 * @param incumbent     the genome that would be trained without a search.
 * @see Breiman et al. 1984, Classification and Regression Trees, section 3.4.3, for the one-standard-error rule. Differs:
 *   the book takes the smallest model within the error, here the largest.
 */
export function pickPromising(
  entries: readonly EvaluationEntry[],
  images: number,
  capacityOf: (genome: string) => Capacity,
  incumbent?: string,
): Picked {
  const [best, ...others] = entries.toSorted((a, b) => b.fitness - a.fitness || compareGenomes(a, b));
  if (best === undefined) throw new RangeError('there is no network to pick');
  const error = Math.sqrt((best.fitness * (1 - best.fitness)) / images);
  const sure = entries.find(({ genome }) => genome === incumbent);
  if (sure !== undefined && best.fitness - sure.fitness <= AHEAD * error) {
    const why = `the first of the initial genomes: none is ahead of it by ${(100 * AHEAD * error).toFixed(2)} points, ${AHEAD} standard errors`;
    return { entry: sure, why };
  }
  const near = [best, ...others.filter(({ fitness }) => fitness >= best.fitness - error)];
  const entry = near.reduce((a, b) => (isLarger(capacityOf(b.genome), capacityOf(a.genome)) ? b : a));
  const points = `${(100 * error).toFixed(2)} points, the standard error`;
  return {
    entry,
    why:
      near.length === 1
        ? `the highest fitness; none is within ${points}`
        : `the deepest of ${near.length} within ${points}`,
  };
}

function isLarger(a: Capacity, b: Capacity): boolean {
  return a.depth > b.depth || (a.depth === b.depth && a.parameters > b.parameters);
}

/**
 * - `best`: the highest fitness.
 * - `knee`: with fitness and cost each scaled to 0..1 over the front, the network farthest from the line between both ends,
 *   on the better side. If there is no such network, the best.
 * - `smallest-within`: the lowest cost among networks at most this many percentage points of fitness below the best.
 *
 * @param front  fittest first, as `paretoFront` returns it; at least one.
 * @param cost   the second objective; further ones are ignored.
 * @see Das 1999, On characterizing the "knee" of the Pareto curve based on Normal-Boundary Intersection, Structural
 *   Optimization 18, section 2: the point of the curve farthest from the line between the individual minima.
 */
export function pickFrom(front: readonly EvaluationEntry[], rule: FrontRule, cost: CostName): Picked {
  const [best] = front;
  if (best === undefined) throw new RangeError('there is no front to pick from');
  switch (rule.name) {
    case 'best':
      return { entry: best, why: 'the highest fitness' };
    case 'knee': {
      const knee = kneeOf(front, cost);
      return knee === undefined
        ? { entry: best, why: `the highest fitness, as the front has no knee` }
        : { entry: knee, why: `the knee: farthest from the line between the ends of the front, over ${cost}` };
    }
    case 'smallest-within': {
      const { points } = rule;
      // Fitness is a share of a few thousand images, so its steps are far larger than the rounding tolerance.
      const enough = front.filter(({ fitness }) => fitness >= best.fitness - points / 100 - 1e-9);
      const entry = enough.reduce((a, b) => (costOf(b, cost) < costOf(a, cost) ? b : a));
      return { entry, why: `the lowest ${cost} within ${points} percentage points of the highest fitness` };
    }
  }
}

function kneeOf(front: readonly EvaluationEntry[], cost: CostName): EvaluationEntry | undefined {
  const known = front.filter((entry) => Number.isFinite(costOf(entry, cost)));
  const fitness = known.map((entry) => entry.fitness);
  const costs = known.map((entry) => costOf(entry, cost));
  const toShare = (values: readonly number[]) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (value: number): number => (high > low ? (value - low) / (high - low) : 0);
  };
  const [fitnessShare, costShare] = [toShare(fitness), toShare(costs)];
  let knee: { readonly entry: EvaluationEntry; readonly distance: number } | undefined;
  for (const entry of known) {
    // The line runs from (0, 0) to (1, 1); the factor 1/√2 of the distance is omitted.
    const distance = fitnessShare(entry.fitness) - costShare(costOf(entry, cost));
    if (distance > (knee?.distance ?? 1e-9)) knee = { entry, distance };
  }
  return knee?.entry;
}
