// After a search with several objectives, some networks of the front are trained again, for longer and on all training
// images, because the short training of a search says little about what they can achieve.

import { naturalLogarithm } from '../../arithmetic/logarithm.ts';
import { mapCancelling } from '../../concurrency.ts';
import { crowdingDistances } from '../../evolution/operators/pareto.ts';
import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import { trainingWork } from '../../genome/work.ts';
import { affordableEpochs, candidateWork, epochWork, layersOf, startWork } from '../budget/candidate-work.ts';
import { onRung, taskWork } from '../budget/rung-sizes.ts';
import { refinementTask } from '../candidates/identified-task.ts';
import type { RunSession } from '../candidates/run-session.ts';
import type { SearchConfig } from '../config/config.ts';
import { splitsOf } from '../config/fidelity-schema.ts';
import { type DataSize, workSettingOf } from '../config/network-input.ts';
import { type CostName, costNamesOf } from '../config/objectives.ts';
import { costOf } from '../records/front.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';

/** A network to train again. */
export interface Refinement {
  readonly entry: EvaluationEntry;
  readonly epochs: number;
}

/** Networks below this share of the best fitness are not a serious choice, even though small ones learn late. */
const LEAST_FITNESS = 0.5;
/** If the work does not allow this many epochs for each network, fewer are trained. */
const LEAST_EPOCHS = 0.5;
/** More epochs hardly change which network is better. */
const MOST_EPOCHS = 12;

/**
 * Chooses which networks of a front to train again, and for how long. It chooses at most `frontSize` networks, spread out
 * as far as possible in fitness and log cost, including both ends, and none with less than half of the best fitness.
 * If a budget limits the work (`frontWork`), all get the same share of it, because the final training will take the same
 * work, whichever it is of; if that is too little for one of them, fewer networks are chosen.
 *
 * @param front  sorted, fittest first.
 * @returns fittest first; none where there is too little work for any.
 */
export function planRefinement(
  front: readonly EvaluationEntry[],
  config: SearchConfig,
  data: DataSize,
): readonly Refinement[] {
  const { frontSize, frontEpochs, frontWork, finalEpochs } = config;
  const [best] = front;
  let members: readonly EvaluationEntry[] = front.filter(
    ({ fitness }) => fitness >= LEAST_FITNESS * (best?.fitness ?? 0),
  );
  const costs = costNamesOf(config);
  while (members.length > frontSize) members = withoutMostCrowded(members, costs);
  let plan: readonly Refinement[];
  if (frontEpochs !== undefined || frontWork === undefined) {
    const epochs = frontEpochs ?? Math.ceil(finalEpochs);
    plan = members.map((entry) => ({ entry, epochs }));
  } else {
    plan = withinWork(members, frontWork, config, data);
    while (members.length > 2 && plan.some(({ epochs }) => epochs < LEAST_EPOCHS)) {
      members = withoutMostCrowded(members, costs);
      plan = withinWork(members, frontWork, config, data);
    }
  }
  return plan.filter(({ epochs }) => epochs > 0);
}

/**
 * Trains networks again. Trainings that are in the journal are not repeated.
 *
 * @returns all trainings, including failed ones.
 * @throws {EvaluationError} `cancelled` if the signal is aborted.
 */
export async function refineFront(
  session: RunSession,
  refinements: readonly Refinement[],
  signal: AbortSignal | undefined,
): Promise<readonly EvaluationEntry[]> {
  const { run, tasks, events, evaluator, config } = session;
  const known = new Map(run.entries.flatMap((entry) => (entry.type === 'evaluation' ? [[entry.id, entry]] : [])));
  events.emit('frontStart', {
    genomes: refinements.map(({ entry }) => entry.genome),
    epochs: refinements.map(({ epochs }) => epochs),
  });
  const refine = async ({ entry, epochs }: Refinement, cancelled: AbortSignal): Promise<EvaluationEntry> => {
    const { genome, latencyMs } = entry;
    const identified = refinementTask(parseGenome(genome), tasks, epochs);
    // Training does not change how long a network takes.
    const further = { ...(latencyMs !== undefined && { latencyMs }), work: taskWork(identified, config, run.dataSize) };
    return (
      known.get(identified.id) ??
      session.train(identified, { further: () => ({ ...further, refined: true }) }, cancelled)
    );
  };
  return mapCancelling(refinements, evaluator.concurrency, refine, signal);
}

/** Removes the member whose neighbours are closest to each other; among equals, the last. */
function withoutMostCrowded(
  members: readonly EvaluationEntry[],
  costs: readonly CostName[],
): readonly EvaluationEntry[] {
  const distances = crowdingDistances(
    members.map((entry) => [-entry.fitness, ...costs.map((name) => naturalLogarithm(costOf(entry, name)))]),
  );
  return members.toSpliced(distances.lastIndexOf(Math.min(...distances)), 1);
}

/** The same work for each network; what one cannot use, because it has {@link MOST_EPOCHS}, is for the others. */
function withinWork(
  members: readonly EvaluationEntry[],
  work: number,
  config: SearchConfig,
  data: DataSize,
): readonly Refinement[] {
  const sizeOf = (epochs: number) => onRung(config, { searchLimit: null, epochs });
  const needs = members.map((entry) => {
    const cost = estimateCost(parseGenome(entry.genome), data.problem);
    return { entry, cost, perImage: trainingWork(cost, workSettingOf(config)) };
  });
  const epochsOf = new Map<EvaluationEntry, number>();
  let left = work;
  for (const [i, { entry, cost, perImage }] of needs.toSorted((a, b) => a.perImage - b.perImage).entries()) {
    const ofEachSplit = left / (needs.length - i) / splitsOf(config) - startWork(layersOf(cost));
    const affordable = affordableEpochs(ofEachSplit, epochWork(sizeOf(1), data, perImage));
    const epochs = Math.max(0, Math.min(MOST_EPOCHS, Math.floor(100 * affordable) / 100));
    epochsOf.set(entry, epochs);
    left -= epochs === 0 ? 0 : candidateWork(sizeOf(epochs), data, cost);
  }
  return members.map((entry) => ({ entry, epochs: epochsOf.get(entry) ?? 0 }));
}
