// The operators of the intermediate representation, with their inputs and outputs. They define what is computed; the
// lowering decides how. There is one table: using a name that is missing from it is a compile error.

import { ShapeError } from '../../errors.ts';
import {
  type Dimension,
  elementCount,
  float32,
  formatType,
  type Shape,
  staticSize,
  type TensorType,
} from './tensor-type.ts';

type None = Readonly<Record<never, never>>;

/** The target of class k is (1 − s)·[k is the label] + s/K. Each example is weighted by the weight of its label's class. */
export interface LossAttributes {
  /** s. Default: 0. */
  readonly labelSmoothing?: number;
  /** `[K]`. Default: 1 each. The mean divides by the number of examples, regardless of their weights. */
  readonly classWeights?: readonly number[];
}

/** The attributes of each operator. Convolutions have stride 1 and "same" padding; pooling is 2×2 with stride 2. */
export interface OperatorAttributes {
  /** image [N,C,H,W] → (image − mean) / std per channel, float32. */
  normalise: { readonly mean: readonly number[]; readonly std: readonly number[] };
  /** [N,C,H,W], left and right exchanged. */
  mirror: None;
  /** flat [P] → one tensor per shape, in order. */
  unpack: { readonly shapes: readonly (readonly number[])[] };
  /** tensors → flat [P]. */
  pack: None;
  zeros: { readonly shape: readonly number[] };
  /** x [N,C,H,W], weight [M,C,K,K], bias [M] → [N,M,H,W]. */
  conv2d: None;
  /** dy [N,M,H,W], weight [M,C,K,K] → dx [N,C,H,W]. */
  conv2dInputGradient: None;
  /** x [N,C,H,W], dy [N,M,H,W] → [M,C,K,K]. */
  conv2dWeightGradient: { readonly kernel: number };
  /** x [N,C] or [N,C,H,W] → [C]: the sum over all other axes. */
  channelSum: None;
  /** x, scale [C], offset [C] → y, batch mean [C], biased batch variance [C]. */
  batchNormTraining: { readonly epsilon: number };
  /** dy, x, scale, mean, variance → dx, dscale, doffset. */
  batchNormGradient: { readonly epsilon: number };
  /** x, scale, offset, mean, variance → y. */
  batchNorm: { readonly epsilon: number };
  relu: None;
  /** dy, y (the ReLU's output) → dx. */
  reluGradient: None;
  add: None;
  /** Inputs of one shape → their mean. */
  average: { readonly count: number };
  maxPool: None;
  /** dy, x, y → dx. Tied maxima share the gradient equally. */
  maxPoolGradient: None;
  meanPool: None;
  /** dy → dx with the given height and width. */
  meanPoolGradient: { readonly height: number; readonly width: number };
  /** [N,C,H,W] → [N,C], the mean over all pixels. */
  globalAveragePool: None;
  /** dy [N,C] → dx [N,C,H,W]. */
  globalAveragePoolGradient: { readonly height: number; readonly width: number };
  /** x [N,F] → y = x · mask / (1 − rate), mask (bool). Each run draws a new mask, the first one from the seed. */
  dropout: { readonly rate: number; readonly seed: number };
  /** dy, mask → dx. */
  dropoutGradient: { readonly rate: number };
  /** x [N,F], mask [N,F] of zeros and ones → x · mask / (1 − rate). It is its own gradient. */
  applyMask: { readonly rate: number };
  /** [N,C,H,W] → [N,C·H·W]. */
  flatten: None;
  /** [N,F] → [N, …shape]. */
  unflatten: { readonly shape: readonly number[] };
  /** x [N,F], weight [F,K], bias [K] → [N,K]. */
  dense: None;
  /** dy [N,K], weight [F,K] → [N,F]. */
  denseInputGradient: None;
  /** x [N,F], dy [N,K] → [F,K]. */
  denseWeightGradient: None;
  softmax: None;
  argMax: None;
  /** logits [N,K], labels int32 [N] → scalar. */
  softmaxCrossEntropy: LossAttributes & { readonly reduction: 'mean' | 'sum' };
  /** logits, labels → dlogits of the mean loss. */
  softmaxCrossEntropyGradient: LossAttributes;
  /** logits, labels → the squared error of the softmax, averaged over classes; scalar. */
  meanSquaredError: LossAttributes & { readonly reduction: 'mean' | 'sum' };
  /** logits, labels → dlogits of the mean loss. */
  meanSquaredErrorGradient: LossAttributes;
  /** logits, labels → number of correct predictions in the batch, float32 scalar. */
  correctCount: None;
  /** running [S], batch [S], rate [] → running + rate · (batch − running). */
  movingAverage: None;
  /** parameters, factor [] → parameters · factor. */
  shrink: None;
  /**
   * parameters, gradient, first moment, second moment, step size [], scaled epsilon [] → new parameters, first moment,
   * second moment.
   */
  adamUpdate: { readonly beta1: number; readonly beta2: number; readonly weightDecay: number };
  /** filters [M,C·K·K], gradient, momentum, learning rate [] → new filters, momentum. */
  muonUpdate: { readonly momentum: number };
  /** parameters, gradient, velocity, learning rate [] → parameters, velocity. */
  sgdUpdate: { readonly momentum: number; readonly weightDecay: number; readonly nesterov?: boolean };
  /** parameters, gradient, mean square, learning rate [] → parameters, mean square. */
  rmspropUpdate: { readonly rho: number; readonly epsilon: number; readonly weightDecay: number };
}

export type OperatorName = keyof OperatorAttributes;
export type AttributesOf<Op extends OperatorName> = OperatorAttributes[Op];

/**
 * Output types of an operator.
 *
 * @throws {ShapeError} if the number, element types or shapes of the inputs do not fit; it names the operator and the
 *   types.
 */
export function inferTypes<Op extends OperatorName>(
  op: Op,
  inputs: readonly TensorType[],
  attributes: AttributesOf<Op>,
): readonly TensorType[] {
  return INFERENCE[op](new Inputs(op, inputs), attributes);
}

/** Reads and checks the input types of one node. */
class Inputs {
  readonly #op: string;
  readonly #types: readonly TensorType[];

  constructor(op: string, types: readonly TensorType[]) {
    this.#op = op;
    this.#types = types;
  }

  get types(): readonly TensorType[] {
    return this.#types;
  }

  count(expected: number): this {
    if (this.#types.length !== expected) this.fail(`takes ${expected} inputs`);
    return this;
  }

  at(index: number, rank?: number): TensorType {
    const type = this.#types[index];
    if (type === undefined) this.fail(`lacks input ${index}`);
    if (rank !== undefined && type.shape.length !== rank) this.fail(`needs rank ${rank} for input ${index}`);
    return type;
  }

  float(index: number, rank?: number): Shape {
    const type = this.at(index, rank);
    if (type.dtype !== 'float32') this.fail(`needs float32 for input ${index}`);
    return type.shape;
  }

  /** Checks that input `index` is float32 of exactly this shape. */
  expect(index: number, shape: Shape): void {
    const actual = this.float(index, shape.length);
    if (actual.some((size, i) => size !== shape[i])) this.fail(`needs [${shape.join(', ')}] for input ${index}`);
  }

  fail(what: string): never {
    throw new ShapeError(`${this.#op} ${what}, received ${this.#types.map(formatType).join(', ') || 'nothing'}`, {
      details: { operator: this.#op, inputs: this.#types.map(formatType) },
    });
  }
}

type Inference = {
  readonly [Op in OperatorName]: (inputs: Inputs, attributes: AttributesOf<Op>) => readonly TensorType[];
};

const INFERENCE: Inference = {
  normalise(inputs, { mean, std }) {
    const { shape } = inputs.count(1).at(0, 4);
    if (mean.length !== shape[1] || std.length !== shape[1]) inputs.fail(`has ${mean.length} channel means`);
    return [float32(...shape)];
  },
  mirror: (inputs) => [float32(...inputs.count(1).float(0, 4))],
  unpack(inputs, { shapes }) {
    const total = shapes.reduce((sum, shape) => sum + elementCount(shape), 0);
    inputs.count(1).expect(0, [total]);
    return shapes.map((shape) => float32(...shape));
  },
  pack(inputs) {
    if (inputs.types.length === 0) inputs.fail('takes at least one input');
    return [float32(inputs.types.reduce((sum, _, i) => sum + elementCount(inputs.float(i)), 0))];
  },
  zeros(inputs, { shape }) {
    inputs.count(0);
    return [float32(...shape)];
  },
  conv2d(inputs) {
    const [n, c, h, w] = fourOf(inputs.count(3).float(0, 4));
    const [m, , k] = fourOf(inputs.float(1, 4));
    inputs.expect(1, [m, c, k, k]);
    if (staticSize(k) % 2 === 0) inputs.fail('needs an odd square kernel');
    inputs.expect(2, [m]);
    return [float32(n, m, h, w)];
  },
  conv2dInputGradient(inputs) {
    const [n, m, h, w] = fourOf(inputs.count(2).float(0, 4));
    const [, c, k] = fourOf(inputs.float(1, 4));
    inputs.expect(1, [m, c, k, k]);
    if (staticSize(k) % 2 === 0) inputs.fail('needs an odd square kernel');
    return [float32(n, c, h, w)];
  },
  conv2dWeightGradient(inputs, { kernel }) {
    const [n, c, h, w] = fourOf(inputs.count(2).float(0, 4));
    const m = fourOf(inputs.float(1, 4))[1];
    inputs.expect(1, [n, m, h, w]);
    if (kernel % 2 === 0) inputs.fail(`needs an odd kernel, not ${kernel}`);
    return [float32(m, c, kernel, kernel)];
  },
  channelSum(inputs) {
    const shape = inputs.count(1).float(0);
    if (shape.length !== 2 && shape.length !== 4) inputs.fail('needs [N, C] or [N, C, H, W]');
    return [float32(staticSize(shape[1]))];
  },
  batchNormTraining(inputs) {
    const shape = inputs.count(3).float(0, 4);
    const c = staticSize(shape[1]);
    for (const i of [1, 2]) inputs.expect(i, [c]);
    return [float32(...shape), float32(c), float32(c)];
  },
  batchNormGradient(inputs) {
    const shape = inputs.count(5).float(0, 4);
    const c = staticSize(shape[1]);
    inputs.expect(1, shape);
    for (const i of [2, 3, 4]) inputs.expect(i, [c]);
    return [float32(...shape), float32(c), float32(c)];
  },
  batchNorm(inputs) {
    const shape = inputs.count(5).float(0, 4);
    for (const i of [1, 2, 3, 4]) inputs.expect(i, [staticSize(shape[1])]);
    return [float32(...shape)];
  },
  relu: (inputs) => [float32(...inputs.count(1).float(0))],
  reluGradient: sameShape(2),
  add: sameShape(2),
  average: (inputs, { count }) => sameShape(count)(inputs),
  maxPool: pooled,
  maxPoolGradient(inputs) {
    const shape = inputs.count(3).float(1, 4);
    for (const i of [0, 2]) inputs.expect(i, halved(shape));
    return [float32(...shape)];
  },
  meanPool: pooled,
  meanPoolGradient(inputs, { height, width }) {
    const [n, c] = fourOf(inputs.count(1).float(0, 4));
    inputs.expect(0, halved([n, c, height, width]));
    return [float32(n, c, height, width)];
  },
  globalAveragePool(inputs) {
    const [n, c] = fourOf(inputs.count(1).float(0, 4));
    return [float32(n, c)];
  },
  globalAveragePoolGradient(inputs, { height, width }) {
    const [n = 'N', c = 0] = inputs.count(1).float(0, 2);
    return [float32(n, c, height, width)];
  },
  dropout(inputs) {
    const shape = inputs.count(1).float(0, 2);
    return [float32(...shape), { dtype: 'bool', shape }];
  },
  dropoutGradient(inputs) {
    const shape = inputs.count(2).float(0, 2);
    const mask = inputs.at(1, 2);
    if (mask.dtype !== 'bool' || mask.shape.some((size, i) => size !== shape[i])) inputs.fail('needs a mask like dy');
    return [float32(...shape)];
  },
  applyMask: sameShape(2),
  flatten(inputs) {
    const [n, c, h, w] = fourOf(inputs.count(1).float(0, 4));
    return [float32(n, elementCount([c, h, w]))];
  },
  unflatten(inputs, { shape }) {
    const [n = 'N', f] = inputs.count(1).float(0, 2);
    if (f !== elementCount(shape)) inputs.fail(`cannot become [N, ${shape.join(', ')}]`);
    return [float32(n, ...shape)];
  },
  dense(inputs) {
    const [n = 'N', f = 0] = inputs.count(3).float(0, 2);
    const k = inputs.float(1, 2)[1] ?? 0;
    inputs.expect(1, [f, k]);
    inputs.expect(2, [k]);
    return [float32(n, k)];
  },
  denseInputGradient(inputs) {
    const [n = 'N', k = 0] = inputs.count(2).float(0, 2);
    const [f = 0] = inputs.float(1, 2);
    inputs.expect(1, [f, k]);
    return [float32(n, f)];
  },
  denseWeightGradient(inputs) {
    const [n = 'N', f = 0] = inputs.count(2).float(0, 2);
    const k = inputs.float(1, 2)[1] ?? 0;
    inputs.expect(1, [n, k]);
    return [float32(f, k)];
  },
  softmax: (inputs) => [float32(...inputs.count(1).float(0, 2))],
  argMax(inputs) {
    const [n = 'N'] = inputs.count(1).float(0, 2);
    return [{ dtype: 'int64', shape: [n] }];
  },
  softmaxCrossEntropy: lossType,
  softmaxCrossEntropyGradient: lossGradientType,
  meanSquaredError: lossType,
  meanSquaredErrorGradient: lossGradientType,
  correctCount(inputs) {
    classification(inputs);
    return [float32()];
  },
  movingAverage(inputs) {
    const shape = inputs.count(3).float(0, 1);
    inputs.expect(1, shape);
    inputs.expect(2, []);
    return [float32(...shape)];
  },
  shrink(inputs) {
    const shape = inputs.count(2).float(0, 1);
    inputs.expect(1, []);
    return [float32(...shape)];
  },
  adamUpdate(inputs) {
    const shape = inputs.count(6).float(0, 1);
    for (const i of [1, 2, 3]) inputs.expect(i, shape);
    for (const i of [4, 5]) inputs.expect(i, []);
    return [float32(...shape), float32(...shape), float32(...shape)];
  },
  muonUpdate: oneSlotUpdate(2),
  sgdUpdate: oneSlotUpdate(1),
  rmspropUpdate: oneSlotUpdate(1),
};

function sameShape(count: number): (inputs: Inputs) => readonly TensorType[] {
  return (inputs) => {
    const shape = inputs.count(count).float(0);
    for (let i = 1; i < count; i++) inputs.expect(i, shape);
    return [float32(...shape)];
  };
}

function oneSlotUpdate(rank: number): (inputs: Inputs) => readonly TensorType[] {
  return (inputs) => {
    const shape = inputs.count(4).float(0, rank);
    for (const i of [1, 2]) inputs.expect(i, shape);
    inputs.expect(3, []);
    return [float32(...shape), float32(...shape)];
  };
}

function lossType(inputs: Inputs, attributes: LossAttributes): readonly TensorType[] {
  lossGradientType(inputs, attributes);
  return [float32()];
}

function lossGradientType(inputs: Inputs, { classWeights }: LossAttributes): readonly TensorType[] {
  const logits = classification(inputs);
  if (classWeights !== undefined && classWeights.length !== logits[1]) {
    inputs.fail(`has ${classWeights.length} class weights`);
  }
  return [float32(...logits)];
}

function pooled(inputs: Inputs): readonly TensorType[] {
  const shape = halved(inputs.count(1).float(0, 4));
  if (shape.slice(2).some((size) => size === 0)) inputs.fail('needs at least 2×2 pixels');
  return [float32(...shape)];
}

function halved(shape: Shape): Shape {
  const [n, c, h, w] = fourOf(shape);
  return [n, c, Math.floor(staticSize(h) / 2), Math.floor(staticSize(w) / 2)];
}

function classification(inputs: Inputs): Shape {
  const logits = inputs.count(2).float(0, 2);
  const labels = inputs.at(1, 1);
  if (labels.dtype !== 'int32' || labels.shape[0] !== logits[0]) inputs.fail('needs int32 labels, one per row');
  return logits;
}

function fourOf(shape: Shape): readonly [Dimension, Dimension, Dimension, Dimension] {
  const [a, b, c, d] = shape;
  if (a === undefined || b === undefined || c === undefined || d === undefined) {
    throw new ShapeError(`four axes are needed, received [${shape.join(', ')}]`);
  }
  return [a, b, c, d];
}
