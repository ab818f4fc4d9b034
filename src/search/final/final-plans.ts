// The lengths of the final trainings, as `config.json` keeps them: a later run repeats them from there.

import type { TrainingPlan } from '../../engine/training/training-plan.ts';
import { usedImages } from '../budget/candidate-work.ts';
import type { SearchConfig } from '../config/config.ts';
import { membersOf } from '../config/views.ts';
import { type OpenRun, writeConfig } from '../records/open-run.ts';

type Lengths = Pick<SearchConfig, 'finalSteps' | 'memberSteps'>;

/** The length of a training that the configuration gives; undefined if its epochs say how long it is. */
export function plannedIn({ finalSteps, memberSteps }: Lengths, repeat: number): Lengths['finalSteps'] {
  return memberSteps?.[repeat - 1] ?? finalSteps;
}

/** Epochs of the final training of a run; of an ensemble, those of its first member. */
export function finalEpochsOf({ config, dataSize }: Pick<OpenRun, 'config' | 'dataSize'>): number {
  const last = plannedIn(config, 1)?.at(-1);
  if (last === undefined) return config.finalEpochs;
  return last.total / Math.ceil(usedImages(config, dataSize) / config.training.batchSize);
}

export class FinalPlans {
  readonly #run: OpenRun;
  readonly #plans = new Map<number, TrainingPlan>();
  #written: Promise<void> = Promise.resolve();

  constructor(run: OpenRun) {
    this.#run = run;
    for (const [i, [first, ...changes]] of (run.config.memberSteps ?? []).entries()) {
      if (first !== undefined) this.#plans.set(i + 1, [first, ...changes]);
    }
  }

  /** Members may be trained at the same time: one write follows another. */
  record(repeat: number, plan: TrainingPlan): Promise<void> {
    this.#plans.set(repeat, plan);
    this.#written = this.#written.then(() => writeConfig({ ...this.#run, config: this.#config(plan) }));
    return this.#written;
  }

  /** Those before one that is known are as long as it was planned to be, until they say otherwise. */
  #config(plan: TrainingPlan): OpenRun['config'] {
    const { config } = this.#run;
    if (membersOf(config) === 1) return { ...config, finalSteps: [...plan] };
    const [{ total }] = plan;
    const last = Math.max(...this.#plans.keys());
    const memberSteps = Array.from({ length: last }, (_, i) => [...(this.#plans.get(i + 1) ?? [{ at: 0, total }])]);
    return { ...config, memberSteps };
  }
}
