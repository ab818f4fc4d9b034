// After a search with several objectives, some networks of the front are trained again, for longer and on all training
// images, because the short training of a search says little about what they can achieve.

import { naturalLogarithm } from '../../arithmetic/logarithm.ts';
import { mapCancelling } from '../../concurrency.ts';
import { crowdingDistances } from '../../evolution/operators/pareto.ts';
import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import { candidateWork } from '../budget/candidate-work.ts';
import { onRung, taskWork } from '../budget/rung-sizes.ts';
import { refinementTask } from '../candidates/identified-task.ts';
import type { RunSession } from '../candidates/run-session.ts';
import type { SearchConfig } from '../config/config.ts';
import type { DataSize } from '../config/network-input.ts';
import { type CostName, costNamesOf } from '../config/objectives.ts';
import { costOf } from '../records/front.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';

/** The networks to train again. */
export interface Refinement {
  /** Fittest first. */
  readonly members: readonly EvaluationEntry[];
  /** Epochs for each network. */
  readonly epochs: number;
}

/** Networks below this share of the best fitness are not a serious choice. */
const LEAST_FITNESS = 0.9;
/** If the work does not allow this many epochs, fewer networks are trained. */
const LEAST_EPOCHS = 3;
/** More epochs hardly change which network is better. */
const MOST_EPOCHS = 12;

/**
 * Chooses which networks of a front to train again, and for how long. It chooses at most `frontSize` networks, spread out
 * as far as possible in fitness and log cost, including both ends, and none with less than nine tenths of the best fitness.
 * If a budget limits the work (`frontWork`), the number of epochs is what the work allows; if that is too few, fewer
 * networks are chosen.
 *
 * @param front  sorted, fittest first.
 */
export function planRefinement(front: readonly EvaluationEntry[], config: SearchConfig, data: DataSize): Refinement {
  const { frontSize, frontEpochs, frontWork, finalEpochs } = config;
  const [best] = front;
  let members: readonly EvaluationEntry[] = front.filter(
    ({ fitness }) => fitness >= LEAST_FITNESS * (best?.fitness ?? 0),
  );
  const costs = costNamesOf(config);
  while (members.length > frontSize) members = withoutMostCrowded(members, costs);
  if (frontEpochs !== undefined) return { members, epochs: frontEpochs };
  if (frontWork === undefined) return { members, epochs: Math.ceil(finalEpochs) };
  const affordable = (): number => affordableEpochs(members, frontWork, config, data);
  while (members.length > 2 && affordable() < LEAST_EPOCHS) members = withoutMostCrowded(members, costs);
  return { members, epochs: Math.min(MOST_EPOCHS, affordable()) };
}

/**
 * Trains the networks of a refinement. Trainings that are in the journal are not repeated.
 *
 * @returns all trainings, including failed ones.
 * @throws {EvaluationError} `cancelled` if the signal is aborted.
 */
export async function refineFront(
  session: RunSession,
  { members, epochs }: Refinement,
  signal: AbortSignal | undefined,
): Promise<readonly EvaluationEntry[]> {
  const { run, tasks, events, evaluator, config } = session;
  const known = new Map(run.entries.flatMap((entry) => (entry.type === 'evaluation' ? [[entry.id, entry]] : [])));
  events.emit('frontStart', { genomes: members.map(({ genome }) => genome), epochs });
  const refine = async ({ genome, latencyMs }: EvaluationEntry, cancelled: AbortSignal): Promise<EvaluationEntry> => {
    const identified = refinementTask(parseGenome(genome), tasks, epochs);
    // Training does not change how long a network takes.
    const further = { ...(latencyMs !== undefined && { latencyMs }), work: taskWork(identified, config, run.dataSize) };
    return (
      known.get(identified.id) ??
      session.train(identified, { further: () => ({ ...further, refined: true }) }, cancelled)
    );
  };
  return mapCancelling(members, evaluator.concurrency, refine, signal);
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

/** The number of whole epochs of all members that the work allows; possibly 0. */
function affordableEpochs(
  members: readonly EvaluationEntry[],
  work: number,
  config: SearchConfig,
  data: DataSize,
): number {
  const workFor = (epochs: number): number =>
    members
      .map(({ genome }) => estimateCost(parseGenome(genome), data.problem))
      .map((cost) => candidateWork(onRung(config, { searchLimit: null, epochs }), data, cost))
      .reduce((sum, each) => sum + each, 0);
  const start = workFor(0);
  return Math.max(0, Math.floor((work - start) / (workFor(1) - start)));
}
