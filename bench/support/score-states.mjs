// The accuracy of trained weights on the scoring images of a comparison.

import { Scorer } from '../../dist/engine/scoring/scorer.js';

const BATCH = 128;

/** @param states  weights and statistics of the network. */
export async function scoreStates(runtime, network, states, { test }) {
  const scorer = await Scorer.create(runtime, network, BATCH);
  const tensor = (values) => runtime.createTensor('float32', values, [values.length]);
  const indices = Int32Array.from(test.labels.keys());
  const accuracies = [];
  for (const { parameters, statistics } of states) {
    const state = { parameters: tensor(parameters), statistics: tensor(statistics) };
    accuracies.push((await scorer.score(state, test, indices)).accuracy);
  }
  await scorer.release();
  return accuracies;
}
