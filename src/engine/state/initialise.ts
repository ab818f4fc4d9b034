// The initial state of a network.

import type { TrainedState } from '../../network/deployable-graph.ts';
import type { ParameterLayout, ParameterSpec } from '../../network/parameters.ts';
import type { Rng } from '../../random/rng.ts';

/**
 * Initial parameters and statistics. Each tensor draws from its own stream, named after it.
 *
 * Glorot uniform: U(−l, l) with l = √(6 / (fanIn + fanOut)) (Glorot & Bengio 2010, eq. 16).
 *
 * @param inherited  initial values of some parameters, by name. They do not affect the values of other parameters.
 */
export function initialiseState(
  layout: ParameterLayout,
  rng: Rng,
  inherited: ReadonlyMap<string, Float32Array> = new Map(),
): TrainedState {
  const parameters = initialise(layout.parameters, layout.parameterCount, rng);
  for (const { name, offset } of layout.parameters) {
    const values = inherited.get(name);
    if (values !== undefined) parameters.set(values, offset);
  }
  return {
    parameters,
    statistics: initialise(layout.statistics, layout.statisticCount, rng),
  };
}

function initialise(specs: readonly ParameterSpec[], count: number, rng: Rng): Float32Array {
  const flat = new Float32Array(count);
  for (const { name, offset, size, initialiser } of specs) {
    if (initialiser.kind === 'constant') {
      flat.fill(initialiser.value, offset, offset + size);
      continue;
    }
    const limit = Math.sqrt(6 / (initialiser.fanIn + initialiser.fanOut));
    const stream = rng.fork(name);
    for (let i = 0; i < size; i++) flat[offset + i] = (2 * stream.uniform() - 1) * limit;
  }
  return flat;
}
