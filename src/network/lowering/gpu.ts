// The lowering for graphics processors: the plain one, but for what the WebGPU provider lacks. All of it is standard ONNX, so
// any provider can run it, and no node of a training or scoring graph has to run on the processor instead. Masks of dropout
// come from outside.

import { ShapeError } from '../../errors.ts';
import { elementCount } from '../graph/tensor-type.ts';
import type { Lowering, LoweringRules } from './lower.ts';
import { sizeOf } from './node-sizes.ts';
import { float, int, ints, type OnnxBuilder } from './onnx-graph.ts';
import { plainRules } from './plain.ts';
import { crossEntropyRule } from './plain-loss.ts';
import { muonRule } from './plain-optimiser.ts';

const FLOAT = int(1);
/** A shader may bind 8 buffers on every adapter: the input, and this many outputs. */
const MOST_PARTS = 7;

export const gpuRules: LoweringRules = {
  ...plainRules,

  unpack(node, [flat = ''], { onnx }) {
    const { shapes } = node.attributes;
    return split(onnx, flat, shapes.map(elementCount)).map((part, i) => {
      const shape = shapes[i] ?? [];
      return shape.length === 1 ? part : onnx.add('Reshape', [part, onnx.integers(...shape)]);
    });
  },

  // There is no training mode. The variance is that of centred values, as in the blocked lowering.
  batchNormTraining(node, [x = '', scale = '', offset = ''], { onnx }) {
    const channels = sizeOf(node, 0, 1);
    const mean = channelMeans(onnx, x);
    const centred = onnx.add('Sub', [x, mean]);
    const variance = channelMeans(onnx, onnx.add('Mul', [centred, centred]));
    const flat = (values: string) => onnx.add('Reshape', [values, onnx.integers(channels)]);
    const zeros = onnx.once(`zeros ${channels}`, () => onnx.floats(new Float32Array(channels)));
    const y = onnx.add('BatchNormalization', [centred, scale, offset, zeros, flat(variance)], {
      epsilon: float(node.attributes.epsilon),
    });
    return [y, flat(mean), flat(variance)];
  },

  dropout() {
    throw new ShapeError('the gpu lowering draws no masks; the graph must take them as inputs');
  },

  softmaxCrossEntropy: crossEntropyRule((onnx, logits) => {
    const shifted = onnx.add('Sub', [logits, onnx.add('ReduceMax', [logits], ROWS)]);
    const sums = onnx.add('ReduceSum', [onnx.add('Exp', [shifted]), onnx.integers(1)]);
    return onnx.add('Sub', [shifted, onnx.add('Log', [sums])]);
  }),

  // The position of the first maximum in float32: int64 is an option of the provider.
  correctCount(node, [logits = '', labels = ''], { onnx }) {
    const classes = sizeOf(node, 0, 1);
    const isMaximum = onnx.add('Equal', [logits, onnx.add('ReduceMax', [logits], ROWS)]);
    const positions = onnx.add('Where', [isMaximum, ramp(onnx, classes, [1, classes]), onnx.scalar(classes)]);
    const answers = onnx.add('ReduceMin', [positions], ROWS);
    const column = onnx.add('Reshape', [onnx.add('Cast', [labels], { to: FLOAT }), onnx.integers(-1, 1)]);
    const right = onnx.add('Cast', [onnx.add('Equal', [answers, column])], { to: FLOAT });
    return [onnx.add('ReduceSum', [right], { keepdims: int(0) })];
  },

  muonUpdate: muonRule((onnx, _, size) =>
    onnx.once(`identity ${size}`, () => {
      const isDiagonal = onnx.add('Equal', [ramp(onnx, size, [size, 1]), ramp(onnx, size, [1, size])]);
      return onnx.add('Cast', [isDiagonal], { to: FLOAT });
    }),
  ),
};

export const gpu: Lowering = {
  takesMasks: true,
  start: () => ({ rules: gpuRules, plain: (name) => name }),
};

const ROWS = { axes: ints(1), keepdims: int(1) };

/** Cuts a vector into parts of these sizes, as a tree of operators with few outputs each. */
function split(onnx: OnnxBuilder, vector: string, sizes: readonly number[]): readonly string[] {
  if (sizes.length === 1) return [vector];
  const each = Math.ceil(sizes.length / MOST_PARTS);
  const groups: (readonly number[])[] = [];
  for (let from = 0; from < sizes.length; from += each) groups.push(sizes.slice(from, from + each));
  const parts = groups.map(() => onnx.fresh('part'));
  const lengths = groups.map((group) => group.reduce((sum, size) => sum + size, 0));
  onnx.addNamed('Split', [vector, onnx.integers(...lengths)], parts, { axis: int(0) });
  return groups.flatMap((group, i) => split(onnx, parts[i] ?? '', group));
}

/** [N,C,H,W] → [1,C,1,1], in two steps: more threads have a part in it, and it rounds less. */
function channelMeans(onnx: OnnxBuilder, x: string): string {
  const perImage = onnx.add('ReduceMean', [x], { axes: ints(2, 3), keepdims: int(1) });
  return onnx.add('ReduceMean', [perImage], { axes: ints(0), keepdims: int(1) });
}

/** 0, 1, 2, … */
function ramp(onnx: OnnxBuilder, count: number, shape: readonly number[]): string {
  return onnx.floats(
    Array.from({ length: count }, (_, i) => i),
    shape,
  );
}
