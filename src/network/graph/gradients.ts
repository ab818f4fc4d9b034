// Reverse-mode differentiation: one table that maps each operator to the gradients of its inputs.

import { ShapeError } from '../../errors.ts';
import type { GraphBuilder, Node, Value } from './graph.ts';
import type { OperatorName } from './operators.ts';
import { staticSize } from './tensor-type.ts';

/**
 * Appends the gradients of `loss` with respect to `targets` to the graph.
 *
 * Only values on a path from a target to the loss get a gradient, so the gradient of the image is never computed.
 *
 * @param loss     a scalar that a node of the builder computes.
 * @param targets  values that the loss depends on.
 * @returns one gradient per target, of the target's shape.
 * @throws {ShapeError} if an operator on the path has no gradient, or the loss does not depend on a target.
 */
export function differentiate(builder: GraphBuilder, loss: Value, targets: readonly Value[]): readonly Value[] {
  const forward = [...builder.nodes];
  const dependent = new Set<Value>(targets);
  for (const node of forward) {
    if (node.inputs.some((input) => dependent.has(input))) for (const output of node.outputs) dependent.add(output);
  }
  const gradients = new Map<Value, Value>();
  for (const node of forward.reverse()) {
    const outputGradient = node.outputs[0] === loss ? 'one' : gradients.get(node.outputs[0] as Value);
    if (outputGradient === undefined || !node.inputs.some((input) => dependent.has(input))) continue;
    const rule = GRADIENTS[node.op] as GradientRule<OperatorName> | undefined;
    if (rule === undefined) throw new ShapeError(`operator ${node.op} has no gradient`);
    const contributions = rule(builder, node, outputGradient as Value, (input) => dependent.has(input));
    for (const [i, contribution] of contributions.entries()) {
      const input = node.inputs[i] as Value;
      if (contribution === undefined || !dependent.has(input)) continue;
      const sum = gradients.get(input);
      gradients.set(input, sum === undefined ? contribution : builder.add('add', [sum, contribution], {}));
    }
  }
  return targets.map((target) => {
    const gradient = gradients.get(target);
    if (gradient === undefined) throw new ShapeError(`the loss does not depend on ${target.name}`);
    return gradient;
  });
}

/**
 * @param dy      gradient of the loss with respect to the node's first output. Rules of losses ignore it.
 * @param needed  whether an input's gradient is needed.
 * @returns gradients of the inputs, in order; undefined where there is none or it is not needed.
 */
type GradientRule<Op extends OperatorName> = (
  builder: GraphBuilder,
  node: Node<Op>,
  dy: Value,
  needed: (input: Value) => boolean,
) => readonly (Value | undefined)[];

const GRADIENTS: { readonly [Op in OperatorName]?: GradientRule<Op> } = {
  conv2d(builder, node, dy, needed) {
    const [x, weight, bias] = node.inputs as readonly [Value, Value, Value];
    const kernel = staticSize(weight.type.shape[3]);
    return [
      needed(x) ? builder.add('conv2dInputGradient', [dy, weight], {}) : undefined,
      builder.add('conv2dWeightGradient', [x, dy], { kernel }),
      biasGradient(builder, dy, bias),
    ];
  },

  batchNormTraining(builder, node, dy) {
    const [x, scale] = node.inputs as readonly [Value, Value, Value];
    const [, mean, variance] = node.outputs as readonly [Value, Value, Value];
    return builder.addMany('batchNormGradient', [dy, x, scale, mean, variance], node.attributes);
  },

  relu(builder, node, dy) {
    return [builder.add('reluGradient', [dy, node.outputs[0] as Value], {})];
  },

  add: (_, __, dy) => [dy, dy],

  maxPool(builder, node, dy) {
    return [builder.add('maxPoolGradient', [dy, node.inputs[0] as Value, node.outputs[0] as Value], {})];
  },

  meanPool(builder, node, dy) {
    const [, , height, width] = node.inputs[0]?.type.shape ?? [];
    return [builder.add('meanPoolGradient', [dy], { height: staticSize(height), width: staticSize(width) })];
  },

  globalAveragePool(builder, node, dy) {
    const [, , height, width] = node.inputs[0]?.type.shape ?? [];
    return [builder.add('globalAveragePoolGradient', [dy], { height: staticSize(height), width: staticSize(width) })];
  },

  dropout(builder, node, dy) {
    return [builder.add('dropoutGradient', [dy, node.outputs[1] as Value], { rate: node.attributes.rate })];
  },

  applyMask(builder, node, dy) {
    return [builder.add('applyMask', [dy, node.inputs[1] as Value], node.attributes), undefined];
  },

  flatten(builder, node, dy) {
    const shape = node.inputs[0]?.type.shape.slice(1).map(staticSize) ?? [];
    return [builder.add('unflatten', [dy], { shape })];
  },

  dense(builder, node, dy, needed) {
    const [x, weight] = node.inputs as readonly [Value, Value, Value];
    return [
      needed(x) ? builder.add('denseInputGradient', [dy, weight], {}) : undefined,
      builder.add('denseWeightGradient', [x, dy], {}),
      builder.add('channelSum', [dy], {}),
    ];
  },

  softmaxCrossEntropy(builder, node) {
    const { reduction: _, ...attributes } = node.attributes;
    return [builder.add('softmaxCrossEntropyGradient', node.inputs, attributes), undefined];
  },

  meanSquaredError(builder, node) {
    const { reduction: _, ...attributes } = node.attributes;
    return [builder.add('meanSquaredErrorGradient', node.inputs, attributes), undefined];
  },
};

/**
 * The gradient that batch normalisation passes on sums to zero over each channel, also behind a pooling, so a bias in front of
 * them has gradient zero. Setting it to zero saves a pass, and keeps rounding noise out of Adam, which would scale it up to
 * full steps.
 */
function biasGradient(builder: GraphBuilder, dy: Value, bias: Value): Value {
  const producerOf = (value: Value | undefined) => builder.nodes.find((node) => node.outputs[0] === value);
  let producer = producerOf(dy);
  if (producer?.op === 'maxPoolGradient' || producer?.op === 'meanPoolGradient')
    producer = producerOf(producer.inputs[0]);
  if (producer?.op !== 'batchNormGradient') return builder.add('channelSum', [dy], {});
  return builder.add('zeros', [], { shape: bias.type.shape.map(staticSize) });
}
