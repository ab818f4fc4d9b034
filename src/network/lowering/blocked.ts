// The blocked lowering: feature maps use the channel-blocked layout of the CPU provider, whose kernels come close to the
// hardware limit (measured; see docs/decisions/0004-blocked-lowering.md). Graph inputs and outputs keep their plain layout,
// and everything that is not a feature map is lowered as in `plain`.

import type { Node } from '../graph/graph.ts';
import type { OperatorName } from '../graph/operators.ts';
import { convolutionRules } from './blocked-convolution.ts';
import { Layouts } from './blocked-layouts.ts';
import { normRules } from './blocked-norm.ts';
import { poolingRules } from './blocked-pooling.ts';
import type { Lowering, LoweringRules } from './lower.ts';
import { sizeOf } from './node-sizes.ts';
import { plainRules } from './plain.ts';

/** @param blockSize  channels per block; must match the runtime's block size for this processor. */
export function blocked(blockSize: number): Lowering {
  return {
    start({ onnx }) {
      const layouts = new Layouts(onnx, blockSize);
      return {
        rules: {
          ...plainRules,
          ...convolutionRules(layouts),
          ...normRules(layouts, plainRules),
          ...poolingRules(layouts, plainRules),
          ...elementwiseRules(layouts),
        },
        plain: (name) => layouts.plain(name),
      };
    },
  };
}

function elementwiseRules(layouts: Layouts): Pick<LoweringRules, 'relu' | 'reluGradient' | 'add'> {
  const { onnx } = layouts;
  return {
    relu(node, inputs, context) {
      if (!isFeatureMap(node)) return plainRules.relu(node, inputs, context);
      const [x = ''] = inputs;
      const channels = channelsOf(node);
      const pending = layouts.pending(x);
      const y =
        pending === undefined
          ? onnx.add('Relu', [layouts.blocked(x, channels)])
          : pending.emit({ ...pending.fused, relu: true });
      return [layouts.define(y, channels, { isRectified: true })];
    },

    reluGradient(node, inputs, context) {
      if (!isFeatureMap(node)) return plainRules.reluGradient(node, inputs, context);
      const channels = channelsOf(node);
      const [dy = '', y = ''] = inputs;
      if (layouts.facts(dy).pastReluOf === y) return [dy];
      const dx = layouts.wherePositive(layouts.blocked(dy, channels), layouts.blocked(y, channels));
      return [layouts.define(dx, channels)];
    },

    // A convolution adds in its own pass.
    add(node, inputs, context) {
      if (!isFeatureMap(node)) return plainRules.add(node, inputs, context);
      const channels = channelsOf(node);
      const [a = '', b = ''] = inputs;
      for (const [first, second] of [
        [a, b],
        [b, a],
      ] as const) {
        const pending = layouts.pending(first);
        if (pending === undefined || pending.fused.sum !== undefined) continue;
        const fused = { sum: layouts.blocked(second, channels) };
        return [layouts.defer({ fused, emit: pending.emit }, channels)];
      }
      return [layouts.define(onnx.add('Add', [layouts.blocked(a, channels), layouts.blocked(b, channels)]), channels)];
    },
  };
}

function isFeatureMap(node: Node<OperatorName>): boolean {
  return node.inputs[0]?.type.shape.length === 4;
}

function channelsOf(node: Node<OperatorName>): number {
  return sizeOf(node, 0, 1);
}
