// How long a training is, and how a change of that in its midst stretches what is left of its schedule.

/** From step `at` on, the whole training has `total` steps. */
export interface PlanStage {
  readonly at: number;
  readonly total: number;
}

/** The first stage begins at 0, and the schedule is laid out for its total. */
export type TrainingPlan = readonly [PlanStage, ...PlanStage[]];

/** Steps of the whole training as it was decided last. */
export function plannedSteps(plan: TrainingPlan): number {
  return (plan.at(-1) ?? plan[0]).total;
}

/**
 * Where in the schedule of the first stage a step lies: as many steps as are left go through all that is left of it.
 *
 * @param step  counts from 0.
 * @returns the step itself as long as nothing was changed.
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
