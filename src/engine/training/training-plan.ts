// The length of a training, and how changing it during the training stretches the rest of its schedule.

/** From step `at` on, the whole training has `total` steps. */
export interface PlanStage {
  readonly at: number;
  readonly total: number;
}

/** The first stage begins at 0, and the schedule is laid out for its total. */
export type TrainingPlan = readonly [PlanStage, ...PlanStage[]];

/** Steps of the whole training according to the latest decision. */
export function plannedSteps(plan: TrainingPlan): number {
  return (plan.at(-1) ?? plan[0]).total;
}

/**
 * The position of a step in the schedule of the first stage: the remaining steps pass through the whole rest of the
 * schedule.
 *
 * @param step  counted from 0.
 * @returns the step itself if the length was never changed.
 */
export function schedulePosition(plan: TrainingPlan, step: number): number {
  const end = plan[0].total;
  const positionIn = ({ at, total }: PlanStage, start: number, of: number) =>
    start + ((of - at) * (end - start)) / (total - at);
  let start = 0;
  for (const [i, stage] of plan.entries()) {
    const next = plan[i + 1];
    if (next === undefined || next.at > step) return positionIn(stage, start, step);
    start = positionIn(stage, start, next.at);
  }
  return step;
}
