// Plain lowering of the operators over the flat parameter vector: packing, statistics, optimiser updates.

import { elementCount } from '../graph/tensor-type.ts';
import type { LoweringRule, LoweringRules } from './lower.ts';
import { sizeOf } from './node-sizes.ts';
import { float, int, type OnnxBuilder } from './onnx-graph.ts';

type OptimiserRules = Pick<
  LoweringRules,
  'unpack' | 'pack' | 'movingAverage' | 'shrink' | 'adamUpdate' | 'muonUpdate' | 'sgdUpdate' | 'rmspropUpdate'
>;

const NEWTON_SCHULZ = [3.4445, -4.775, 2.0315] as const;
const NEWTON_SCHULZ_STEPS = 5;
/** Keeps a gradient of zero from becoming NaN. */
const LEAST_LENGTH = 1e-7;
/** Root mean square of AdamW's usual step, by its rate. */
const ADAM_RMS = 0.2;

export const optimiserRules: OptimiserRules = {
  unpack(node, [flat = ''], { onnx }) {
    const { shapes } = node.attributes;
    const parts = shapes.map(() => onnx.fresh('part'));
    onnx.addNamed('Split', [flat, onnx.integers(...shapes.map(elementCount))], parts, { axis: int(0) });
    return parts.map((part, i) => {
      const shape = shapes[i] ?? [];
      return shape.length === 1 ? part : onnx.add('Reshape', [part, onnx.integers(...shape)]);
    });
  },

  pack(node, inputs, { onnx }) {
    const flat = inputs.map((name, i) =>
      node.inputs[i]?.type.shape.length === 1 ? name : onnx.add('Reshape', [name, onnx.integers(-1)]),
    );
    return [onnx.add('Concat', flat, { axis: int(0) })];
  },

  movingAverage(_, [running = '', batch = '', rate = ''], { onnx }) {
    const step = onnx.add('Mul', [onnx.add('Sub', [batch, running]), rate]);
    return [onnx.add('Add', [running, step])];
  },

  shrink: (_, inputs, { onnx }) => [onnx.add('Mul', inputs)],

  // Kingma & Ba 2015, algorithm 1; step size and epsilon already include the bias corrections.
  adamUpdate(node, [parameters = '', gradient = '', first = '', second = '', stepSize = '', epsilon = ''], { onnx }) {
    const { beta1, beta2, weightDecay } = node.attributes;
    const decayed = withDecay(onnx, gradient, parameters, weightDecay);
    const newFirst = blend(onnx, first, decayed, beta1);
    const newSecond = blend(onnx, second, onnx.add('Mul', [decayed, decayed]), beta2);
    const denominator = onnx.add('Add', [onnx.add('Sqrt', [newSecond]), epsilon]);
    const step = onnx.add('Mul', [onnx.add('Div', [newFirst, denominator]), stepSize]);
    return [onnx.add('Sub', [parameters, step]), newFirst, newSecond];
  },

  muonUpdate: muonRule((onnx, square) => onnx.add('EyeLike', [square])),

  sgdUpdate(node, [parameters = '', gradient = '', velocity = '', learningRate = ''], { onnx }) {
    const { momentum, weightDecay, nesterov = false } = node.attributes;
    const decayed = withDecay(onnx, gradient, parameters, weightDecay);
    const ahead = (v: string) => onnx.add('Add', [onnx.add('Mul', [v, onnx.scalar(momentum)]), decayed]);
    const newVelocity = ahead(velocity);
    const direction = nesterov ? ahead(newVelocity) : newVelocity;
    return [onnx.add('Sub', [parameters, onnx.add('Mul', [direction, learningRate])]), newVelocity];
  },

  // Tieleman & Hinton 2012, lecture 6.5, with epsilon outside the root.
  rmspropUpdate(node, [parameters = '', gradient = '', square = '', learningRate = ''], { onnx }) {
    const { rho, epsilon, weightDecay } = node.attributes;
    const decayed = withDecay(onnx, gradient, parameters, weightDecay);
    const newSquare = blend(onnx, square, onnx.add('Mul', [decayed, decayed]), rho);
    const denominator = onnx.add('Add', [onnx.add('Sqrt', [newSquare]), onnx.scalar(epsilon)]);
    const step = onnx.add('Mul', [onnx.add('Div', [decayed, denominator]), learningRate]);
    return [onnx.add('Sub', [parameters, step]), newSquare];
  },
};

/** Writes the identity matrix of the size of `square`. */
type Identity = (onnx: OnnxBuilder, square: string, size: number) => string;

export function muonRule(identity: Identity): LoweringRule<'muonUpdate'> {
  return (node, [filters = '', gradient = '', momentum = '', learningRate = ''], { onnx }) => {
    const [rows, columns] = [sizeOf(node, 0, 0), sizeOf(node, 0, 1)];
    const newMomentum = blend(onnx, momentum, gradient, node.attributes.momentum);
    const ahead = blend(onnx, newMomentum, gradient, node.attributes.momentum);
    const step = onnx.add('Mul', [learningRate, onnx.scalar(ADAM_RMS * Math.sqrt(Math.max(rows, columns)))]);
    const one = (square: string) => identity(onnx, square, Math.min(rows, columns));
    const change = onnx.add('Mul', [orthogonal(onnx, ahead, rows > columns, one), step]);
    return [onnx.add('Sub', [filters, change]), newMomentum];
  };
}

/**
 * The nearest matrix with all singular values about 1: the iteration X ← a·X + (b·A + c·A²)·X with A = X·Xᵀ, from X of length 1.
 * All of it are polynomials in the first A, which commute. So the iteration runs on A and on the product Q of its factors, with
 * as few rows as X has, and X is multiplied once, at the end.
 *
 * @param isTall  with A = Xᵀ·X, which is smaller, and X·Q.
 * @see Jordan et al. 2024, https://kellerjordan.github.io/posts/muon: coefficients and number of steps.
 */
function orthogonal(onnx: OnnxBuilder, matrix: string, isTall: boolean, identity: (square: string) => string): string {
  const [a, b, c] = NEWTON_SCHULZ;
  const length = onnx.add('Sqrt', [onnx.add('ReduceSumSquare', [matrix], { keepdims: int(0) })]);
  const x = onnx.add('Div', [matrix, onnx.add('Add', [length, onnx.scalar(LEAST_LENGTH)])]);
  let square = onnx.add('Gemm', [x, x], isTall ? { transA: int(1) } : { transB: int(1) });
  let product: string | undefined;
  for (let step = 1; ; step++) {
    // Each factor is a·I + S.
    const s = onnx.add('Gemm', [square, square, square], { alpha: float(c), beta: float(b) });
    const timesFactor = (y: string) => onnx.add('Gemm', [y, s, y], { beta: float(a) });
    if (product === undefined) {
      const diagonal = onnx.add('Mul', [identity(s), onnx.scalar(a)]);
      product = onnx.add('Add', [s, diagonal]);
    } else product = timesFactor(product);
    if (step === NEWTON_SCHULZ_STEPS) return onnx.add('MatMul', isTall ? [x, product] : [product, x]);
    square = timesFactor(timesFactor(square));
  }
}

/** The gradient of the loss plus weightDecay/2 · |parameters|². */
function withDecay(onnx: OnnxBuilder, gradient: string, parameters: string, weightDecay: number): string {
  if (weightDecay === 0) return gradient;
  return onnx.add('Add', [gradient, onnx.add('Mul', [parameters, onnx.scalar(weightDecay)])]);
}

/** beta · old + (1 − beta) · fresh */
function blend(onnx: OnnxBuilder, old: string, fresh: string, beta: number): string {
  return onnx.add('Add', [onnx.add('Mul', [old, onnx.scalar(beta)]), onnx.add('Mul', [fresh, onnx.scalar(1 - beta)])]);
}
