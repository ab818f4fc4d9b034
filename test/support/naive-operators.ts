// Every operator once more, as plain loops in double precision: what the lowered graphs are checked against.

import type { AttributesOf, LossAttributes, OperatorName } from '../../src/network/graph/operators.ts';
import { NAIVE_OPTIMISER } from './naive-optimiser.ts';
import {
  accumulate,
  at,
  filled,
  matrixProduct,
  type NaiveOperators,
  type NaiveTensor,
  NONE,
  naiveTensor,
  transposed,
} from './naive-tensor.ts';

export function naive<Op extends OperatorName>(
  op: Op,
  inputs: readonly NaiveTensor[],
  attributes: AttributesOf<Op>,
): readonly NaiveTensor[] {
  return NAIVE_OPERATORS[op](inputs, attributes);
}

/** The first output of an operator. */
export function naiveOne<Op extends OperatorName>(
  op: Op,
  inputs: readonly NaiveTensor[],
  attributes: AttributesOf<Op>,
): NaiveTensor {
  return at(naive(op, inputs, attributes), 0);
}

const NAIVE_OPERATORS: NaiveOperators = {
  ...NAIVE_OPTIMISER,

  normalise([x = NONE], { mean, std }) {
    const [, c, h, w] = four(x);
    const channelOf = (i: number) => Math.floor(i / (h * w)) % c;
    return [{ ...x, data: x.data.map((value, i) => (value - at(mean, channelOf(i))) / at(std, channelOf(i))) }];
  },

  mirror([x = NONE]) {
    const width = four(x)[3];
    return [{ ...x, data: x.data.map((_, i) => at(x.data, i - (i % width) + width - 1 - (i % width))) }];
  },

  unpack([flat = NONE], { shapes }) {
    let from = 0;
    return shapes.map((shape) => {
      const size = shape.reduce((product, length) => product * length, 1);
      from += size;
      return { shape, data: flat.data.slice(from - size, from) };
    });
  },

  pack(inputs) {
    const values = inputs.flatMap(({ data }) => [...data]);
    return [naiveTensor([values.length], values)];
  },

  zeros: (_, { shape }) => [filled(shape)],

  conv2d([x = NONE, weight = NONE, bias = NONE]) {
    const [n, , h, w] = four(x);
    const filters = four(weight)[0];
    const biases = Array.from({ length: n * filters * h * w }, (_, i) =>
      at(bias.data, Math.floor(i / (h * w)) % filters),
    );
    const y = naiveTensor([n, filters, h, w], biases);
    forEachTap(x, weight, (from, tap, to) => accumulate(y, to, at(x.data, from) * at(weight.data, tap)));
    return [y];
  },

  conv2dInputGradient([dy = NONE, weight = NONE]) {
    const [n, , h, w] = four(dy);
    const dx = filled([n, four(weight)[1], h, w]);
    forEachTap(dx, weight, (from, tap, to) => accumulate(dx, from, at(dy.data, to) * at(weight.data, tap)));
    return [dx];
  },

  conv2dWeightGradient([x = NONE, dy = NONE], { kernel }) {
    const dw = filled([four(dy)[1], four(x)[1], kernel, kernel]);
    forEachTap(x, dw, (from, tap, to) => accumulate(dw, tap, at(dy.data, to) * at(x.data, from)));
    return [dw];
  },

  channelSum([x = NONE]) {
    const sums = filled([at(x.shape, 1)]);
    forEachChannel(x, (channel, value) => {
      accumulate(sums, channel, value);
    });
    return [sums];
  },

  batchNormTraining([x = NONE, scale = NONE, offset = NONE], { epsilon }) {
    const count = valuesPerChannel(x);
    const mean = filled(scale.shape);
    forEachChannel(x, (channel, value) => {
      accumulate(mean, channel, value / count);
    });
    const variance = filled(scale.shape);
    forEachChannel(x, (channel, value) => {
      accumulate(variance, channel, (value - at(mean.data, channel)) ** 2 / count);
    });
    return [naiveOne('batchNorm', [x, scale, offset, mean, variance], { epsilon }), mean, variance];
  },

  // The chain rule of Ioffe & Szegedy 2015, section 3, term by term.
  batchNormGradient([dy = NONE, x = NONE, scale = NONE, mean = NONE, variance = NONE], { epsilon }) {
    const count = valuesPerChannel(x);
    const std = variance.data.map((value) => Math.sqrt(value + epsilon));
    const [dVariance, dMean, dScale, dOffset] = [0, 1, 2, 3].map(() => filled(scale.shape)) as [
      NaiveTensor,
      NaiveTensor,
      NaiveTensor,
      NaiveTensor,
    ];
    forEachChannel(x, (c, value, i) => {
      const centred = value - at(mean.data, c);
      const dNormalised = at(dy.data, i) * at(scale.data, c);
      accumulate(dVariance, c, (dNormalised * centred * -0.5) / at(std, c) ** 3);
      accumulate(dMean, c, -dNormalised / at(std, c));
      accumulate(dScale, c, (at(dy.data, i) * centred) / at(std, c));
      accumulate(dOffset, c, at(dy.data, i));
    });
    const dx = filled(x.shape);
    forEachChannel(x, (c, value, i) => {
      const throughVariance = (at(dVariance.data, c) * 2 * (value - at(mean.data, c))) / count;
      const direct = (at(dy.data, i) * at(scale.data, c)) / at(std, c);
      dx.data[i] = direct + throughVariance + at(dMean.data, c) / count;
    });
    return [dx, dScale, dOffset];
  },

  batchNorm([x = NONE, scale = NONE, offset = NONE, mean = NONE, variance = NONE], { epsilon }) {
    const y = filled(x.shape);
    forEachChannel(x, (c, value, i) => {
      const normalised = (value - at(mean.data, c)) / Math.sqrt(at(variance.data, c) + epsilon);
      y.data[i] = normalised * at(scale.data, c) + at(offset.data, c);
    });
    return [y];
  },

  relu: ([x = NONE]) => [{ ...x, data: x.data.map((value) => Math.max(value, 0)) }],
  reluGradient: ([dy = NONE, y = NONE]) => [
    { ...dy, data: dy.data.map((value, i) => (at(y.data, i) > 0 ? value : 0)) },
  ],
  add: ([a = NONE, b = NONE]) => [{ ...a, data: a.data.map((value, i) => value + at(b.data, i)) }],

  average(inputs) {
    const { shape, data } = at(inputs, 0);
    const mean = data.map((_, i) => inputs.reduce((sum, each) => sum + at(each.data, i), 0) / inputs.length);
    return [{ shape, data: mean }];
  },

  maxPool: ([x = NONE]) => [poolWith(x, (window) => Math.max(...window))],
  meanPool: ([x = NONE]) => [poolWith(x, (window) => window.reduce((sum, value) => sum + value) / 4)],

  maxPoolGradient: ([dy = NONE, x = NONE]) => [
    unpoolWith(dy, x, (window) => {
      const isMaximum = window.map((value) => value === Math.max(...window));
      const ties = isMaximum.filter(Boolean).length;
      return isMaximum.map((is) => (is ? 1 / ties : 0));
    }),
  ],

  meanPoolGradient([dy = NONE], { height, width }) {
    const [n, c] = four(dy);
    return [unpoolWith(dy, filled([n, c, height, width]), () => [0.25, 0.25, 0.25, 0.25])];
  },

  globalAveragePool([x = NONE]) {
    const [n, c, h, w] = four(x);
    const means = filled([n, c]);
    for (const [i, value] of x.data.entries()) accumulate(means, Math.floor(i / (h * w)), value / (h * w));
    return [means];
  },
  globalAveragePoolGradient([dy = NONE], { height, width }) {
    const pixels = height * width;
    const values = Array.from(
      { length: dy.data.length * pixels },
      (_, i) => at(dy.data, Math.floor(i / pixels)) / pixels,
    );
    return [naiveTensor([at(dy.shape, 0), at(dy.shape, 1), height, width], values)];
  },

  // Which values are dropped is the runtime's to draw; without dropping there is one answer.
  dropout([x = NONE], { rate }) {
    if (rate !== 0) throw new RangeError('the naive dropout knows the rate 0 only');
    return [x, { ...x, data: x.data.map(() => 1) }];
  },
  applyMask: ([x = NONE, mask = NONE], { rate }) => [
    { shape: x.shape, data: x.data.map((value, i) => (value * (mask.data[i] ?? 0)) / (1 - rate)) },
  ],
  dropoutGradient: ([dy = NONE, mask = NONE], { rate }) => [
    { ...dy, data: dy.data.map((value, i) => (value * at(mask.data, i)) / (1 - rate)) },
  ],

  flatten: ([x = NONE]) => [{ ...x, shape: [four(x)[0], x.data.length / four(x)[0]] }],
  unflatten: ([x = NONE], { shape }) => [{ ...x, shape: [at(x.shape, 0), ...shape] }],

  dense: ([x = NONE, weight = NONE, bias = NONE]) => {
    const product = matrixProduct(x, weight);
    return [{ ...product, data: product.data.map((value, i) => value + at(bias.data, i % bias.data.length)) }];
  },
  denseInputGradient: ([dy = NONE, weight = NONE]) => [matrixProduct(dy, transposed(weight))],
  denseWeightGradient: ([x = NONE, dy = NONE]) => [matrixProduct(transposed(x), dy)],

  softmax: ([logits = NONE]) => [
    { ...logits, data: Float64Array.from(rows(logits).flatMap((row) => probabilities(row))) },
  ],
  argMax([logits = NONE]) {
    const best = rows(logits).map((row) => row.indexOf(Math.max(...row)));
    return [naiveTensor([best.length], best)];
  },

  softmaxCrossEntropy([logits = NONE, labels = NONE], { reduction, ...attributes }) {
    const losses = examples(logits, labels, attributes).map(
      ({ p, target, weight }) => -weight * sum(target.map((t, k) => t * Math.log(at(p, k)))),
    );
    return [naiveTensor([], [reduction === 'mean' ? sum(losses) / losses.length : sum(losses)])];
  },

  softmaxCrossEntropyGradient([logits = NONE, labels = NONE], attributes) {
    const gradient = examples(logits, labels, attributes).flatMap(({ p, target, weight }, _, all) =>
      p.map((value, k) => (weight * (value - at(target, k))) / all.length),
    );
    return [naiveTensor(logits.shape, gradient)];
  },

  meanSquaredError([logits = NONE, labels = NONE], { reduction, ...attributes }) {
    const losses = examples(logits, labels, attributes).map(
      ({ p, target, weight }) => (weight * sum(p.map((value, k) => (value - at(target, k)) ** 2))) / p.length,
    );
    return [naiveTensor([], [reduction === 'mean' ? sum(losses) / losses.length : sum(losses)])];
  },

  // The chain rule with the whole Jacobian of the softmax.
  meanSquaredErrorGradient([logits = NONE, labels = NONE], attributes) {
    const gradient = examples(logits, labels, attributes).flatMap(({ p, target, weight }, _, all) =>
      p.map((pk, k) => {
        const terms = p.map((pj, j) => ((2 * (pj - at(target, j))) / p.length) * pj * ((j === k ? 1 : 0) - pk));
        return (weight * sum(terms)) / all.length;
      }),
    );
    return [naiveTensor(logits.shape, gradient)];
  },

  correctCount([logits = NONE, labels = NONE]) {
    const right = rows(logits).filter((row, i) => row.indexOf(Math.max(...row)) === labels.data[i]);
    return [naiveTensor([], [right.length])];
  },
};

/**
 * Visits every product that a "same" convolution of x with weight [M,C,K,K] sums up: where in x it reads, with which
 * weight, and where in y it writes.
 */
function forEachTap(x: NaiveTensor, weight: NaiveTensor, visit: (from: number, tap: number, to: number) => void): void {
  const [images, channels, height, width] = four(x);
  const [filters, , kernel] = four(weight);
  const pad = (kernel - 1) / 2;
  const y = { shape: [images, filters, height, width] };
  for (let image = 0; image < images; image++)
    for (let filter = 0; filter < filters; filter++)
      for (let channel = 0; channel < channels; channel++)
        for (let kernelY = 0; kernelY < kernel; kernelY++)
          for (let kernelX = 0; kernelX < kernel; kernelX++) {
            const tap = index4(weight, filter, channel, kernelY, kernelX);
            for (let toY = 0; toY < height; toY++) {
              const fromY = toY + kernelY - pad;
              if (fromY < 0 || fromY >= height) continue;
              const [fromRow, toRow] = [index4(x, image, channel, fromY, 0), index4(y, image, filter, toY, 0)];
              for (let toX = 0; toX < width; toX++) {
                const fromX = toX + kernelX - pad;
                if (fromX >= 0 && fromX < width) visit(fromRow + fromX, tap, toRow + toX);
              }
            }
          }
}

function forEachChannel(x: NaiveTensor, visit: (channel: number, value: number, index: number) => void): void {
  const channels = at(x.shape, 1);
  const pixels = x.shape.slice(2).reduce((product, size) => product * size, 1);
  for (const [i, value] of x.data.entries()) visit(Math.floor(i / pixels) % channels, value, i);
}

function valuesPerChannel(x: NaiveTensor): number {
  return x.data.length / at(x.shape, 1);
}

/** Applies `pool` to each 2×2 window; a last odd row or column is dropped. */
function poolWith(x: NaiveTensor, pool: (window: readonly number[]) => number): NaiveTensor {
  const [n, c, h, w] = four(x);
  const y = filled([n, c, Math.floor(h / 2), Math.floor(w / 2)]);
  forEachWindow(y, x, (output, inputs) => {
    y.data[output] = pool(inputs.map((i) => at(x.data, i)));
  });
  return y;
}

/** Hands each dy on to its window of x, in the shares that `shareOut` says. */
function unpoolWith(
  dy: NaiveTensor,
  x: NaiveTensor,
  shareOut: (window: readonly number[]) => readonly number[],
): NaiveTensor {
  const dx = filled(x.shape);
  forEachWindow(dy, x, (output, inputs) => {
    const shares = shareOut(inputs.map((i) => at(x.data, i)));
    for (const [position, i] of inputs.entries()) dx.data[i] = at(dy.data, output) * at(shares, position);
  });
  return dx;
}

function forEachWindow(
  y: NaiveTensor,
  x: NaiveTensor,
  visit: (output: number, inputs: readonly number[]) => void,
): void {
  const [n, c, h, w] = four(y);
  for (let image = 0; image < n; image++)
    for (let channel = 0; channel < c; channel++)
      for (let row = 0; row < h; row++)
        for (let column = 0; column < w; column++) {
          const corners = [0, 1, 2, 3].map((i) =>
            index4(x, image, channel, 2 * row + Math.floor(i / 2), 2 * column + (i % 2)),
          );
          visit(index4(y, image, channel, row, column), corners);
        }
}

function probabilities(row: readonly number[]): number[] {
  const exponentials = row.map((value) => Math.exp(value - Math.max(...row)));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

interface NaiveExample {
  /** Softmax of the logits. */
  readonly p: readonly number[];
  readonly target: readonly number[];
  readonly weight: number;
}

function examples(
  logits: NaiveTensor,
  labels: NaiveTensor,
  { labelSmoothing = 0, classWeights }: LossAttributes,
): NaiveExample[] {
  return rows(logits).map((row, i) => {
    const label = at(labels.data, i);
    const target = row.map((_, k) => (k === label ? 1 - labelSmoothing : 0) + labelSmoothing / row.length);
    return { p: probabilities(row), target, weight: classWeights === undefined ? 1 : at(classWeights, label) };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function rows(x: NaiveTensor): number[][] {
  const [rowCount = 0, columnCount = 0] = x.shape;
  return Array.from({ length: rowCount }, (_, row) => [...x.data.subarray(row * columnCount, (row + 1) * columnCount)]);
}

function four({ shape }: Pick<NaiveTensor, 'shape'>): readonly [number, number, number, number] {
  return [at(shape, 0), at(shape, 1), at(shape, 2), at(shape, 3)];
}

function index4({ shape }: Pick<NaiveTensor, 'shape'>, a: number, b: number, c: number, d: number): number {
  return ((a * at(shape, 1) + b) * at(shape, 2) + c) * at(shape, 3) + d;
}
