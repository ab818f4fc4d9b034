// The complete state of a training between steps, so that it can continue elsewhere, and the mean of several states.

import type { TrainedState } from '../../network/deployable-graph.ts';

export interface TrainingState extends TrainedState {
  /** The optimiser's vectors by name, each as long as the parameters. */
  readonly slots: Readonly<Record<string, Float32Array>>;
  /** Number of steps so far, which the optimiser and the running statistics depend on. */
  readonly steps: number;
}

/**
 * The element-wise mean of trainings that started from one state, summed in double precision. Optimiser slots are averaged,
 * too (Yu, Jin & Yang 2019, algorithm 2, for momentum).
 *
 * @param states  at least one, all of the same network and optimiser. A single state is returned unchanged.
 */
export function averageStates(states: readonly [TrainingState, ...TrainingState[]]): TrainingState {
  const [first] = states;
  if (states.length === 1) return first;
  const mean = (of: (state: TrainingState) => Float32Array | undefined): Float32Array => {
    const vectors = states.map((state) => of(state) ?? new Float32Array());
    const result = new Float32Array(vectors[0]?.length ?? 0);
    // Not `Float32Array.from` with a function, which takes a hundred times as long.
    for (let i = 0; i < result.length; i++) {
      let sum = 0;
      for (const vector of vectors) sum += vector[i] ?? 0;
      result[i] = sum / vectors.length;
    }
    return result;
  };
  return {
    parameters: mean((state) => state.parameters),
    statistics: mean((state) => state.statistics),
    slots: Object.fromEntries(Object.keys(first.slots).map((name) => [name, mean((state) => state.slots[name])])),
    steps: Math.max(...states.map(({ steps }) => steps)),
  };
}
