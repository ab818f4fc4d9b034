// How the final training is cut into rounds.

import { stepsOf } from '../../engine/training/train.ts';
import type { TrainingPlan } from '../../engine/training/training-plan.ts';
import { InvalidInputError } from '../../errors.ts';
import type { SearchConfig } from '../config/config.ts';

export interface Rounds {
  readonly replicas: number;
  /** Steps of all replicas together; as many of each. */
  readonly length: number;
  /** As it is before the first round. */
  readonly plan: TrainingPlan;
}

/** Work of a replica between two averages, a few seconds’ worth: less wastes time on states, more lets replicas part. */
const ROUND_WORK = 3e11;
/** Of a replica in a round. */
const LEAST_STEPS = 8;

/**
 * @param perEpoch     steps.
 * @param workPerStep  see genome/work.ts.
 * @param isGuarded    whether its length may change in its midst.
 * @returns undefined if the training is one piece.
 */
export function roundsOf(
  config: Pick<SearchConfig, 'replicas' | 'roundSteps' | 'finalSteps' | 'finalEpochs'>,
  perEpoch: number,
  workPerStep: number,
  isGuarded: boolean,
): Rounds | undefined {
  const { replicas, roundSteps, finalSteps, finalEpochs } = config;
  if (replicas === 1 && roundSteps === undefined && finalSteps === undefined && !isGuarded) return undefined;
  const ofReplica = roundSteps === undefined ? ROUND_WORK / workPerStep : roundSteps / replicas;
  const least = roundSteps === undefined ? LEAST_STEPS : 1;
  const [first, ...changes] = finalSteps ?? [];
  const total = stepsOf({ epochs: finalEpochs }, perEpoch);
  return {
    replicas,
    length: replicas * Math.max(least, Math.round(ofReplica)),
    plan: [first ?? { at: 0, total }, ...changes],
  };
}

/** Where the round ends that begins at `from`: a short rest belongs to the last one. */
export function roundEnd(from: number, total: number, length: number): number {
  return total - from <= 1.5 * length ? total : from + length;
}

/** A plan as it was known at a step. */
export function planAt([first, ...changes]: TrainingPlan, step: number): TrainingPlan {
  return [first, ...changes.filter(({ at }) => at <= step)];
}

/**
 * @throws {InvalidInputError} if the training cannot be cut, or the plan goes back.
 */
export function checkRounds({ replicas, roundSteps, finalSteps, training }: SearchConfig): void {
  if (training.schedule.name === 'reduce-on-plateau' && (replicas > 1 || roundSteps || finalSteps)) {
    throw new InvalidInputError(
      'training.schedule reduce-on-plateau watches the loss of whole epochs, which a final training in rounds has not; take another schedule, such as one-cycle, or leave out replicas, roundSteps and finalSteps',
      { details: { schedule: training.schedule.name, replicas } },
    );
  }
  for (const [i, { at, total }] of (finalSteps ?? []).entries()) {
    const before = finalSteps?.[i - 1];
    const ends = finalSteps?.[i + 1]?.at ?? at;
    if (before === undefined ? at === 0 : at > before.at && at <= before.total && total >= ends) continue;
    throw new InvalidInputError(
      `finalSteps[${i}] must begin ${before === undefined ? 'at 0' : `after ${before.at} and by ${before.total}, and end by no earlier than it begins`}, received ${JSON.stringify({ at, total })}`,
      { details: { path: `finalSteps.${i}`, received: { at, total } } },
    );
  }
}
