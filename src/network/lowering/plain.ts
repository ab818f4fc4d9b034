// The plain lowering: only standard ONNX operators, in the forms that the CPU provider runs fastest (measured; see
// docs/decisions/0001-plain-lowering.md). It runs on every ONNX runtime.

import type { Node } from '../graph/graph.ts';
import type { OperatorName } from '../graph/operators.ts';
import type { Lowering, LoweringRules } from './lower.ts';
import { samePads, sizeOf } from './node-sizes.ts';
import { float, int, ints, type OnnxBuilder } from './onnx-graph.ts';
import { lossRules } from './plain-loss.ts';
import { optimiserRules } from './plain-optimiser.ts';

const FLOAT = int(1);
const POOL = { kernel_shape: ints(2, 2), strides: ints(2, 2) };
/** Up to this many input channels, one matrix product over all kernel positions beats one product per position. */
const FEW_CHANNELS = 4;

export const plainRules: LoweringRules = {
  ...optimiserRules,
  ...lossRules,

  normalise(node, [image = ''], { onnx }) {
    const { mean, std } = node.attributes;
    const channels = [1, mean.length, 1, 1];
    const pixels = onnx.add('Cast', [image], { to: FLOAT });
    const scale = std.map((deviation) => 1 / deviation);
    const shift = mean.map((value, i) => -value * (scale[i] ?? 1));
    const scaled = onnx.add('Mul', [pixels, onnx.floats(scale, channels)]);
    return [onnx.add('Add', [scaled, onnx.floats(shift, channels)])];
  },

  mirror(node, [image = ''], { onnx }) {
    const [back, beyond] = [onnx.integers(-1), onnx.integers(-sizeOf(node, 0, 3) - 1)];
    return [onnx.add('Slice', [image, back, beyond, onnx.integers(3), back])];
  },

  conv2d(node, inputs, { onnx }) {
    return [onnx.add('Conv', inputs, { pads: samePads(kernelOf(node, 1)) })];
  },

  // The same convolution over dy, with the kernel flipped and its channel axes swapped.
  conv2dInputGradient(node, [dy = '', weight = ''], { onnx }) {
    const kernel = kernelOf(node, 1);
    let flipped = onnx.add('Transpose', [weight], { perm: ints(1, 0, 2, 3) });
    if (kernel > 1) {
      const [back, beyond] = [onnx.integers(-1, -1), onnx.integers(-kernel - 1, -kernel - 1)];
      flipped = onnx.add('Slice', [flipped, back, beyond, onnx.integers(2, 3), back]);
    }
    return [onnx.add('Conv', [dy, flipped], { pads: samePads(kernel) })];
  },

  conv2dWeightGradient(node, [x = '', dy = ''], { onnx }) {
    const { kernel } = node.attributes;
    const channels = sizeOf(node, 0, 1);
    if (kernel === 1) {
      const product = onnx.add('MatMul', [channelFirst(onnx, dy, sizeOf(node, 1, 1)), pixelRows(onnx, x, channels)]);
      return [onnx.add('Reshape', [product, onnx.integers(sizeOf(node, 1, 1), channels, 1, 1)])];
    }
    return [
      channels <= FEW_CHANNELS ? weightGradientAtOnce(node, x, dy, onnx) : weightGradientByShift(node, x, dy, onnx),
    ];
  },

  channelSum(node, [x = ''], { onnx }) {
    return [channelSum(onnx, x, node.inputs[0]?.type.shape.length === 4)];
  },

  // With momentum 0, the "running" outputs are the statistics of the batch. The runtime overwrites the running inputs with
  // them, even if they are constants, so each norm gets two buffers of its own, whose values do not matter.
  batchNormTraining(node, [x = '', scale = '', offset = ''], { onnx }) {
    const outputs = ['y', 'mean', 'variance'].map((name) => onnx.fresh(`norm.${name}`));
    const buffers = [onnx.add('Neg', [scale]), onnx.add('Abs', [scale])];
    onnx.addNamed('BatchNormalization', [x, scale, offset, ...buffers], outputs, {
      training_mode: int(1),
      momentum: float(0),
      epsilon: float(node.attributes.epsilon),
    });
    return outputs;
  },

  // Ioffe & Szegedy 2015, section 3, rearranged to dx = a·dy + b·x + c with one coefficient per channel.
  batchNormGradient(node, [dy = '', x = '', scale = '', mean = '', variance = ''], context) {
    const { onnx } = context;
    const channels = sizeOf(node, 0, 1);
    const pixels = onnx.scalar(sizeOf(node, 0, 2) * sizeOf(node, 0, 3));
    const count = onnx.once(`count ${pixels}`, () => onnx.add('Mul', [context.batchSize(node.inputs[0]), pixels]));
    const inverseStd = onnx.add('Reciprocal', [
      onnx.add('Sqrt', [onnx.add('Add', [variance, onnx.scalar(node.attributes.epsilon)])]),
    ]);
    const offsetGradient = channelSum(onnx, dy, true);
    const products = channelSum(onnx, onnx.add('Mul', [dy, x]), true);
    const centred = onnx.add('Sub', [products, onnx.add('Mul', [mean, offsetGradient])]);
    const scaleGradient = onnx.add('Mul', [centred, inverseStd]);
    const a = onnx.add('Mul', [scale, inverseStd]);
    const perExample = onnx.add('Div', [a, count]);
    const b = onnx.add('Neg', [onnx.add('Mul', [perExample, onnx.add('Mul', [scaleGradient, inverseStd])])]);
    const c = onnx.add('Neg', [
      onnx.add('Add', [onnx.add('Mul', [perExample, offsetGradient]), onnx.add('Mul', [b, mean])]),
    ]);
    const terms = [affine(onnx, dy, a, c, channels), affine(onnx, x, b, zeros(onnx, channels), channels)];
    return [onnx.add('Add', terms), scaleGradient, offsetGradient];
  },

  batchNorm(node, inputs, { onnx }) {
    return [onnx.add('BatchNormalization', inputs, { epsilon: float(node.attributes.epsilon) })];
  },

  relu: (_, inputs, { onnx }) => [onnx.add('Relu', inputs)],

  // A HardSigmoid this steep is the step function of y > 0, and the fastest way to compute it.
  reluGradient(_, [dy = '', y = ''], { onnx }) {
    return [onnx.add('Mul', [dy, onnx.add('HardSigmoid', [y], { alpha: float(1e30), beta: float(0) })])];
  },

  add: (_, inputs, { onnx }) => [onnx.add('Add', inputs)],

  average({ attributes: { count } }, inputs, { onnx }) {
    const sum = inputs.reduce((partial, input) => onnx.add('Add', [partial, input]));
    return [onnx.add('Mul', [sum, onnx.scalar(1 / count)])];
  },

  maxPool: (_, inputs, { onnx }) => [onnx.add('MaxPool', inputs, POOL)],
  meanPool: (_, inputs, { onnx }) => [onnx.add('AveragePool', inputs, POOL)],

  maxPoolGradient(node, [dy = '', x = '', y = ''], { onnx }) {
    const size = [sizeOf(node, 1, 2), sizeOf(node, 1, 3)] as const;
    const isMaximum = onnx.add('Cast', [onnx.add('Equal', [x, upsample(onnx, y, ...size)])], { to: FLOAT });
    const ties = onnx.add('Mul', [onnx.add('AveragePool', [isMaximum], POOL), onnx.scalar(4)]);
    const share = onnx.add('Div', [dy, ties]);
    return [onnx.add('Mul', [isMaximum, upsample(onnx, share, ...size)])];
  },

  meanPoolGradient(node, [dy = ''], { onnx }) {
    const { height, width } = node.attributes;
    return [upsample(onnx, onnx.add('Mul', [dy, onnx.scalar(0.25)]), height, width)];
  },

  globalAveragePool(node, inputs, { onnx }) {
    const pooled = onnx.add('GlobalAveragePool', inputs);
    return [onnx.add('Reshape', [pooled, onnx.integers(-1, sizeOf(node, 0, 1))])];
  },

  globalAveragePoolGradient(node, [dy = ''], { onnx }) {
    const { height, width } = node.attributes;
    const channels = sizeOf(node, 0, 1);
    const share = onnx.add('Mul', [dy, onnx.scalar(1 / (height * width))]);
    const pixel = onnx.add('Reshape', [share, onnx.integers(-1, channels, 1, 1)]);
    return [onnx.add('Expand', [pixel, onnx.integers(1, channels, height, width)])];
  },

  dropout(node, [x = ''], { onnx }) {
    const outputs = [onnx.fresh('dropout'), onnx.fresh('mask')];
    const { rate, seed } = node.attributes;
    onnx.addNamed('Dropout', [x, onnx.scalar(rate), onnx.bool(true)], outputs, { seed: int(seed) });
    return outputs;
  },

  dropoutGradient(node, [dy = '', mask = ''], { onnx }) {
    const kept = onnx.add('Cast', [mask], { to: FLOAT });
    return [onnx.add('Mul', [onnx.add('Mul', [dy, kept]), onnx.scalar(1 / (1 - node.attributes.rate))])];
  },

  applyMask(node, inputs, { onnx }) {
    return [onnx.add('Mul', [onnx.add('Mul', inputs), onnx.scalar(1 / (1 - node.attributes.rate))])];
  },

  flatten: (_, inputs, { onnx }) => [onnx.add('Flatten', inputs)],

  unflatten(node, [x = ''], { onnx }) {
    return [onnx.add('Reshape', [x, onnx.integers(-1, ...node.attributes.shape)])];
  },

  dense: (_, inputs, { onnx }) => [onnx.add('Gemm', inputs)],
  denseInputGradient: (_, inputs, { onnx }) => [onnx.add('Gemm', inputs, { transB: int(1) })],
  denseWeightGradient: (_, inputs, { onnx }) => [onnx.add('Gemm', inputs, { transA: int(1) })],

  zeros: (node, _, { onnx }) => [
    onnx.floats(new Float32Array(node.attributes.shape.reduce((a, b) => a * b, 1)), node.attributes.shape),
  ],
};

export const plain: Lowering = {
  start: () => ({ rules: plainRules, plain: (name) => name }),
};

/** One matrix product over all kernel positions, for images: their few channels would make thin products. */
function weightGradientAtOnce(node: Node<'conv2dWeightGradient'>, x: string, dy: string, onnx: OnnxBuilder): string {
  const { kernel } = node.attributes;
  const [channels, filters] = [sizeOf(node, 0, 1), sizeOf(node, 1, 1)];
  const first = onnx.once(`channel-first ${x}`, () => onnx.add('Transpose', [x], { perm: ints(1, 0, 2, 3) }));
  const shifts = shifted(node, first, onnx, [2, 3]);
  const columns = onnx.add('Reshape', [
    onnx.add('Concat', shifts, { axis: int(0) }),
    onnx.integers(kernel * kernel * channels, -1),
  ]);
  const product = onnx.add('MatMul', [columns, pixelRows(onnx, dy, filters)]);
  const byPosition = onnx.add('Reshape', [product, onnx.integers(kernel, kernel, channels, filters)]);
  return onnx.add('Transpose', [byPosition], { perm: ints(3, 2, 0, 1) });
}

/** One matrix product [M, N·H·W] × [N·H·W, C] per kernel position; slices of pixel rows are long runs of memory. */
function weightGradientByShift(node: Node<'conv2dWeightGradient'>, x: string, dy: string, onnx: OnnxBuilder): string {
  const { kernel } = node.attributes;
  const [channels, filters] = [sizeOf(node, 0, 1), sizeOf(node, 1, 1)];
  const last = onnx.once(`channel-last ${x}`, () => onnx.add('Transpose', [x], { perm: ints(0, 2, 3, 1) }));
  const left = channelFirst(onnx, dy, filters);
  const products = shifted(node, last, onnx, [1, 2]).map((shift) =>
    onnx.add('MatMul', [left, onnx.add('Reshape', [shift, onnx.integers(-1, channels)])]),
  );
  const all = onnx.add('Concat', products, { axis: int(0) });
  const byPosition = onnx.add('Reshape', [all, onnx.integers(kernel, kernel, filters, channels)]);
  return onnx.add('Transpose', [byPosition], { perm: ints(2, 3, 0, 1) });
}

/** The zero-padded input, shifted to each kernel position. `axes`: the axes of height and width. */
function shifted(
  node: Node<'conv2dWeightGradient'>,
  x: string,
  onnx: OnnxBuilder,
  axes: readonly [number, number],
): string[] {
  const { kernel } = node.attributes;
  const [height, width] = [sizeOf(node, 0, 2), sizeOf(node, 0, 3)];
  const pad = (kernel - 1) / 2;
  const pads = new Array<number>(8).fill(0);
  for (const axis of axes) pads[axis] = pads[axis + 4] = pad;
  const padded = onnx.add('Pad', [x, onnx.integers(...pads)]);
  return Array.from({ length: kernel * kernel }, (_, position) => {
    const [row, column] = [Math.floor(position / kernel), position % kernel];
    const [starts, ends] = [onnx.integers(row, column), onnx.integers(row + height, column + width)];
    return onnx.add('Slice', [padded, starts, ends, onnx.integers(...axes)]);
  });
}

/** [N,C,H,W] → [C, N·H·W], computed once. */
function channelFirst(onnx: OnnxBuilder, x: string, channels: number): string {
  return onnx.once(`channel rows ${x}`, () =>
    onnx.add('Reshape', [onnx.add('Transpose', [x], { perm: ints(1, 0, 2, 3) }), onnx.integers(channels, -1)]),
  );
}

/** [N,C,H,W] → [N·H·W, C], computed once. */
function pixelRows(onnx: OnnxBuilder, x: string, channels: number): string {
  const last = onnx.once(`channel-last ${x}`, () => onnx.add('Transpose', [x], { perm: ints(0, 2, 3, 1) }));
  return onnx.once(`pixel rows ${x}`, () => onnx.add('Reshape', [last, onnx.integers(-1, channels)]));
}

/** Sum over all axes but the channels, in two steps: each has a fast path in the runtime, and rounds less. */
function channelSum(onnx: OnnxBuilder, x: string, hasPixels: boolean): string {
  return onnx.once(`channel sum ${x}`, () => {
    const perImage = hasPixels ? onnx.add('ReduceSum', [x, onnx.integers(2, 3)], { keepdims: int(0) }) : x;
    return onnx.add('ReduceSum', [perImage, onnx.integers(0)], { keepdims: int(0) });
  });
}

/** a·x + b with one coefficient per channel: the inference form of batch normalisation does this in one pass. */
function affine(onnx: OnnxBuilder, x: string, a: string, b: string, channels: number): string {
  return onnx.add('BatchNormalization', [x, a, b, zeros(onnx, channels), ones(onnx, channels)], { epsilon: float(0) });
}

/** Repeats each pixel 2×2; rows and columns that pooling dropped become zero. */
function upsample(onnx: OnnxBuilder, x: string, height: number, width: number): string {
  const doubled = onnx.add('Resize', [x, '', onnx.floats([1, 1, 2, 2])], {
    mode: { kind: 'string', value: 'nearest' },
    coordinate_transformation_mode: { kind: 'string', value: 'asymmetric' },
    nearest_mode: { kind: 'string', value: 'floor' },
  });
  if (height % 2 === 0 && width % 2 === 0) return doubled;
  return onnx.add('Pad', [doubled, onnx.integers(0, 0, 0, 0, 0, 0, height % 2, width % 2)]);
}

function zeros(onnx: OnnxBuilder, count: number): string {
  return onnx.once(`zeros ${count}`, () => onnx.floats(new Float32Array(count)));
}

function ones(onnx: OnnxBuilder, count: number): string {
  return onnx.once(`ones ${count}`, () => onnx.floats(new Float32Array(count).fill(1)));
}

function kernelOf(node: Node<OperatorName>, weightInput: number): number {
  return sizeOf(node, weightInput, 3);
}
