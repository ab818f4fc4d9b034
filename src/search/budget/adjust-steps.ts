// Decides whether a training with a deadline keeps its planned length.

export interface Pace {
  /** Steps done so far. */
  readonly done: number;
  /** Steps of the whole training according to the latest plan. */
  readonly total: number;
  /** Recent average. */
  readonly secondsPerStep: number;
  /** Time left until the deadline. */
  readonly secondsLeft: number;
  /** Finishing this much too early or too late is acceptable. */
  readonly toleranceSeconds: number;
}

/**
 * Decides during a training how long it will be.
 *
 * @param secondsPerStep  recent average.
 * @returns the number of steps of the whole training.
 */
export type AdjustSteps = (done: number, total: number, secondsPerStep: number) => number;

/** Adjusts the length of a training so that it meets a deadline. */
export function meetDeadline(secondsLeft: () => number, toleranceSeconds: number): AdjustSteps {
  return (done, total, secondsPerStep) =>
    stepsInTime({ done, total, secondsPerStep, secondsLeft: secondsLeft(), toleranceSeconds });
}

/**
 * The number of steps that uses up exactly the time left.
 *
 * @returns `total` if the planned end is within the tolerance; `done` if no time is left.
 */
export function stepsInTime({ done, total, secondsPerStep, secondsLeft, toleranceSeconds }: Pace): number {
  const spare = secondsLeft - (total - done) * secondsPerStep;
  if (Math.abs(spare) <= toleranceSeconds) return total;
  return done + Math.max(0, Math.floor(secondsLeft / secondsPerStep));
}
