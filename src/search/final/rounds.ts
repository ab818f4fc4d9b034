// Divides the final training into rounds.

import { stepsOf } from '../../engine/training/train.ts';
import type { TrainingPlan } from '../../engine/training/training-plan.ts';
import { InvalidInputError } from '../../errors.ts';
import type { SearchConfig } from '../config/config.ts';

export interface Rounds {
  readonly replicas: number;
  /** Total steps of all replicas in a round; each replica takes an equal share. */
  readonly length: number;
  /** The same in the first round; then each is as long as all before it, up to {@link length}. */
  readonly first: number;
  /** The plan before the first round. */
  readonly plan: TrainingPlan;
}

/**
 * Work of a replica between two averagings, a few seconds’ worth: less wastes time on saving states, more lets replicas
 * diverge.
 */
const ROUND_WORK = 3e11;
/** Work between two states of a single replica that are saved: what an interruption may lose. */
const SAVED_WORK = 1e12;
/** A single replica saves its state at least this many times: each time, its length may be adjusted. */
const LEAST_ROUNDS = 10;
/** Where a length may be adjusted, the first round is so much shorter: a plan that errs is corrected in time. */
const FIRST_SHARE = 1 / 8;
/** Minimum number of steps of a replica in a round. */
const LEAST_STEPS = 8;

/**
 * @param perEpoch     steps per epoch.
 * @param workPerStep  see genome/work.ts.
 * @param isGuarded    whether the length may change during the training.
 * @returns undefined if the training is not divided.
 */
export function roundsOf(
  config: Pick<SearchConfig, 'replicas' | 'roundSteps' | 'finalSteps' | 'finalEpochs'>,
  perEpoch: number,
  workPerStep: number,
  isGuarded: boolean,
): Rounds | undefined {
  const { replicas, roundSteps, finalSteps, finalEpochs } = config;
  if (replicas === 1 && roundSteps === undefined && finalSteps === undefined && !isGuarded) return undefined;
  const total = stepsOf({ epochs: finalEpochs }, perEpoch);
  const planned = replicas === 1 ? Math.min(SAVED_WORK / workPerStep, total / LEAST_ROUNDS) : ROUND_WORK / workPerStep;
  const ofReplica = roundSteps === undefined ? planned : roundSteps / replicas;
  const least = roundSteps === undefined ? LEAST_STEPS : 1;
  const stepsFor = (steps: number): number => replicas * Math.max(least, Math.round(steps));
  const length = stepsFor(ofReplica);
  // How replicas are averaged must not depend on the clock.
  const grow = replicas === 1 && roundSteps === undefined;
  const [start, ...changes] = finalSteps ?? [];
  return {
    replicas,
    length,
    first: grow ? stepsFor(FIRST_SHARE * ofReplica) : length,
    plan: [start ?? { at: 0, total }, ...changes],
  };
}

/** The end of the round that begins at `from`. A short remainder is added to the last round. */
export function roundEnd(from: number, total: number, { length, first }: Pick<Rounds, 'length' | 'first'>): number {
  const planned = Math.min(length, from === 0 ? first : from);
  return total - from <= 1.5 * planned ? total : from + planned;
}

/** The plan as it was known at a step. */
export function planAt([first, ...changes]: TrainingPlan, step: number): TrainingPlan {
  return [first, ...changes.filter(({ at }) => at <= step)];
}

/**
 * @throws {InvalidInputError} if the training cannot be divided, or a plan is not in order.
 */
export function checkRounds({
  replicas,
  roundSteps,
  finalSteps,
  memberSteps = [],
  training,
}: Pick<SearchConfig, 'replicas' | 'roundSteps' | 'finalSteps' | 'memberSteps' | 'training'>): void {
  const isPlanned = finalSteps !== undefined || memberSteps.length > 0;
  if (training.schedule.name === 'reduce-on-plateau' && (replicas > 1 || roundSteps || isPlanned)) {
    throw new InvalidInputError(
      'training.schedule reduce-on-plateau needs the loss of whole epochs, which a final training in rounds does not have; use another schedule, such as one-cycle, or remove replicas, roundSteps, finalSteps and memberSteps',
      { details: { schedule: training.schedule.name, replicas } },
    );
  }
  checkPlan(finalSteps ?? [], 'finalSteps');
  for (const [i, plan] of memberSteps.entries()) checkPlan(plan, `memberSteps[${i}]`);
}

function checkPlan(plan: readonly { readonly at: number; readonly total: number }[], name: string): void {
  for (const [i, { at, total }] of plan.entries()) {
    const before = plan[i - 1];
    const ends = plan[i + 1]?.at ?? at;
    if (before === undefined ? at === 0 : at > before.at && at <= before.total && total >= ends) continue;
    throw new InvalidInputError(
      `${name}[${i}] must begin ${before === undefined ? 'at 0' : `after ${before.at} and by ${before.total}, and must not end before it begins`}, received ${JSON.stringify({ at, total })}`,
      { details: { path: `${name}.${i}`, received: { at, total } } },
    );
  }
}
