// All that a training carries from step to step, so that it can go on elsewhere, and the mean of several.

import type { TrainedState } from '../../network/deployable-graph.ts';

export interface TrainingState extends TrainedState {
  /** The optimiser's vectors by name, as long as the parameters each. */
  readonly slots: Readonly<Record<string, Float32Array>>;
  /** Steps that led here: the optimiser and the running statistics count them. */
  readonly steps: number;
}

/**
 * The mean of trainings that went apart from one state, element by element, summed in double precision. Optimiser slots
 * too (Yu, Jin & Yang 2019, algorithm 2, of momentum).
 *
 * @param states  at least one, all of one network and optimiser. The mean of one is that one.
 */
export function averageStates(states: readonly [TrainingState, ...TrainingState[]]): TrainingState {
  const [first] = states;
  if (states.length === 1) return first;
  const mean = (of: (state: TrainingState) => Float32Array | undefined) => {
    const vectors = states.map((state) => of(state) ?? new Float32Array());
    return Float32Array.from(of(first) ?? [], (_, i) => {
      let sum = 0;
      for (const vector of vectors) sum += vector[i] ?? 0;
      return sum / vectors.length;
    });
  };
  return {
    parameters: mean((state) => state.parameters),
    statistics: mean((state) => state.statistics),
    slots: Object.fromEntries(Object.keys(first.slots).map((name) => [name, mean((state) => state.slots[name])])),
    steps: Math.max(...states.map(({ steps }) => steps)),
  };
}
