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

/** Where the tensors of a member of an ensemble have their names, counted from 0; a network alone has them as they are. */
export function memberPrefix(member: number, members: number): string {
  return members === 1 ? '' : `members.${member}.`;
}

/**
 * Input `image` float32 `[N, C, H, W]`, raw pixels 0..255; outputs `probabilities` float32 `[N, classes]` and `label` int64
 * `[N]`. Standard operators only; each weight is an initialiser under its own name.
 */
export function compileDeployable(network: Network, state: TrainedState, views: Views = 1): OnnxGraph {
  return compileEnsemble(network, [state], views);
}

/**
 * Like {@link compileDeployable}, for several trainings of one network: the probabilities are the mean of theirs.
 *
 * @param members  at least one; their tensors have the names of {@link memberPrefix}.
 */
export function compileEnsemble(network: Network, members: readonly TrainedState[], views: Views = 1): OnnxGraph {
  const builder = new GraphBuilder();
  const { channels, height, width } = network.problem.input;
  const image = builder.input('image', tensor('float32', 'N', channels, height, width));
  const weights = new Map<string, Float32Array>();
  const addWeights = (specs: readonly ParameterSpec[], flat: Float32Array, prefix: string): WeightValues => {
    for (const { name, offset, size } of specs) weights.set(prefix + name, flat.slice(offset, offset + size));
    return new Map(specs.map(({ name, shape }) => [name, builder.input(prefix + name, float32(...shape))]));
  };
  const { mean, std } = network.normalisation;
  const normalised = builder.add('normalise', [image], { mean, std });
  const logitsOfMember = ({ parameters, statistics }: TrainedState, member: number): Value => {
    const prefix = memberPrefix(member, members.length);
    const tensors = {
      parameters: addWeights(network.layout.parameters, parameters, prefix),
      statistics: addWeights(network.layout.statistics, statistics, prefix),
    };
    const logitsOf = (view: Value): Value => buildForward(builder, view, network.layers, tensors).logits;
    const plainLogits = logitsOf(normalised);
    if (views === 1) return plainLogits;
    return builder.add('average', [plainLogits, logitsOf(builder.add('mirror', [normalised], {}))], { count: 2 });
  };
  const logits = members.map(logitsOfMember);
  const ofMembers = logits.map((values) => builder.add('softmax', [values], {}));
  const [first, ...others] = ofMembers;
  if (first === undefined) throw new RangeError('an ensemble has at least one member');
  const probabilities = others.length === 0 ? first : builder.add('average', ofMembers, { count: members.length });
  builder.output('probabilities', probabilities);
  builder.output('label', builder.add('argMax', [others.length === 0 ? (logits[0] ?? first) : probabilities], {}));
  return lower(verifyGraph(builder.build()), plain, weights);
}

type WeightValues = ReadonlyMap<string, Value>;
