// Whether a training that must be done at a given time keeps its length.

export interface Pace {
  /** Steps done, and steps of the whole as it was planned last. */
  readonly done: number;
  readonly total: number;
  /** As measured lately. */
  readonly secondsPerStep: number;
  /** Until the training must be done. */
  readonly secondsLeft: number;
  /** So much too early or too late is left as it is. */
  readonly toleranceSeconds: number;
}

/**
 * Decides in the midst of a training how long it is.
 *
 * @param secondsPerStep  of late.
 * @returns steps of the whole training.
 */
export type AdjustSteps = (done: number, total: number, secondsPerStep: number) => number;

/** Changes the length of a training so that it ends in time. */
export function meetDeadline(secondsLeft: () => number, toleranceSeconds: number): AdjustSteps {
  return (done, total, secondsPerStep) =>
    stepsInTime({ done, total, secondsPerStep, secondsLeft: secondsLeft(), toleranceSeconds });
}

/**
 * Steps of the whole training that use the time left, neither more nor less.
 *
 * @returns `total` if it comes out within the tolerance; `done` if no time is left.
 */
export function stepsInTime({ done, total, secondsPerStep, secondsLeft, toleranceSeconds }: Pace): number {
  const spare = secondsLeft - (total - done) * secondsPerStep;
  if (Math.abs(spare) <= toleranceSeconds) return total;
  return done + Math.max(0, Math.floor(secondsLeft / secondsPerStep));
}
