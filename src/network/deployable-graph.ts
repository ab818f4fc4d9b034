// The graph that users deploy: it takes raw pixels, returns probabilities and label, and contains the weights.

import { buildForward } from './forward.ts';
import { GraphBuilder, type Value } from './graph/graph.ts';
import { float32, tensor } from './graph/tensor-type.ts';
import { verifyGraph } from './graph/verify-graph.ts';
import { lower } from './lowering/lower.ts';
import type { OnnxGraph } from './lowering/onnx-graph.ts';
import { plain } from './lowering/plain.ts';
import type { ParameterSpec } from './parameters.ts';
import type { Network } from './training-graph.ts';

/** The result of training: the flat vectors of `ParameterLayout`. */
export interface TrainedState {
  readonly parameters: Float32Array;
  readonly statistics: Float32Array;
}

/**
 * How many looks a model takes at each image: 1, or 2 for the image and its mirror image, over which it averages the logits.
 */
export type Views = 1 | 2;

/**
 * Input `image` float32 `[N, C, H, W]`, raw pixels 0..255; outputs `probabilities` float32 `[N, classes]` and `label` int64
 * `[N]`. Standard operators only; each weight is an initialiser under its own name.
 */
export function compileDeployable(network: Network, state: TrainedState, views: Views = 1): OnnxGraph {
  const builder = new GraphBuilder();
  const { channels, height, width } = network.problem.input;
  const image = builder.input('image', tensor('float32', 'N', channels, height, width));
  const weights = new Map<string, Float32Array>();
  const addWeights = (specs: readonly ParameterSpec[], flat: Float32Array): ReadonlyMap<string, Value> => {
    for (const { name, offset, size } of specs) weights.set(name, flat.slice(offset, offset + size));
    return new Map(specs.map(({ name, shape }) => [name, builder.input(name, float32(...shape))]));
  };
  const { mean, std } = network.normalisation;
  const normalised = builder.add('normalise', [image], { mean, std });
  const tensors = {
    parameters: addWeights(network.layout.parameters, state.parameters),
    statistics: addWeights(network.layout.statistics, state.statistics),
  };
  const logitsOf = (view: Value): Value => buildForward(builder, view, network.layers, tensors).logits;
  const plainLogits = logitsOf(normalised);
  const logits =
    views === 1
      ? plainLogits
      : builder.add('average', [plainLogits, logitsOf(builder.add('mirror', [normalised], {}))], {});
  builder.output('probabilities', builder.add('softmax', [logits], {}));
  builder.output('label', builder.add('argMax', [logits], {}));
  return lower(verifyGraph(builder.build()), plain, weights);
}
