// Which network of those that a search has trained becomes the model.

import type { CostName } from '../config/objectives.ts';
import type { FrontRule } from '../config/pick-rule.ts';
import { compareGenomes, costOf } from '../records/front.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';

export interface Picked {
  readonly entry: EvaluationEntry;
  /** In words, for people. */
  readonly why: string;
}

/** How much a network can learn, if it has the time. */
export interface Capacity {
  /** Skip layers. */
  readonly depth: number;
  /** Of the skip layers: those of the classifier tell how little an image was pooled. */
  readonly parameters: number;
}

/**
 * `promising`: of the networks whose fitness is at most one standard error below the best, the deepest, and of these the one
 * with the most parameters. Which of them is the fittest is up to chance; and the short training of a search favours networks
 * that learn fast, while a long one at the end favours those that can learn more.
 *
 * @param entries       that compare: of one fidelity; at least one.
 * @param images        that fitness was measured on.
 * @param capacityOf    a genome.
 * @see Breiman et al. 1984, Classification and Regression Trees, section 3.4.3, for the standard error; there the smallest
 *   within it is taken, here the largest.
 */
export function pickPromising(
  entries: readonly EvaluationEntry[],
  images: number,
  capacityOf: (genome: string) => Capacity,
): Picked {
  const [best, ...others] = entries.toSorted((a, b) => b.fitness - a.fitness || compareGenomes(a, b));
  if (best === undefined) throw new RangeError('there is no network to pick');
  const error = Math.sqrt((best.fitness * (1 - best.fitness)) / images);
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
 * - `knee`: of fitness and cost, each from 0 to 1 over the front, the network farthest from the line between both ends, on
 *   the side that is better. A front without such a network has none: then the best.
 * - `smallest-within`: the lowest cost of those at most so many percentage points of fitness below the best.
 *
 * @param front  fittest first, as `paretoFront` gives it; at least one.
 * @param cost   the second objective; further ones have no say.
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
      // A fitness is a share of some thousand images: far above what rounding adds.
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
    // The line runs from (0, 0) to (1, 1); the distance lacks its factor of 1/√2.
    const distance = fitnessShare(entry.fitness) - costShare(costOf(entry, cost));
    if (distance > (knee?.distance ?? 1e-9)) knee = { entry, distance };
  }
  return knee?.entry;
}
