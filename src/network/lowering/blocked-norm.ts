// Blocked lowering of batch normalisation: sums by pooling, the rest by 1×1 convolutions.

import type { Node } from '../graph/graph.ts';
import type { OperatorName } from '../graph/operators.ts';
import { staticSize } from '../graph/tensor-type.ts';
import type { Layouts, PendingConvolution } from './blocked-layouts.ts';
import type { LoweringContext, LoweringRules } from './lower.ts';
import { sizeOf } from './node-sizes.ts';
import { int, ints } from './onnx-graph.ts';

type NormRules = Pick<LoweringRules, 'batchNormTraining' | 'batchNormGradient' | 'batchNorm' | 'channelSum'>;

export function normRules(layouts: Layouts, otherwise: Pick<LoweringRules, 'channelSum'>): NormRules {
  const { onnx } = layouts;
  const mul = (a: string, b: string) => onnx.add('Mul', [a, b]);

  /** `[C]` */
  const inverseStd = (variance: string, epsilon: number) =>
    onnx.once(`inverse std ${variance} ${epsilon}`, () =>
      onnx.add('Reciprocal', [onnx.add('Sqrt', [onnx.add('Add', [variance, onnx.scalar(epsilon)])])]),
    );

  /** x − mean, computed once for the forward and the backward pass. */
  const centred = (x: string, mean: string, channels: number) =>
    onnx.once(`centred ${x} ${mean}`, () => {
      const ones = onnx.floats(new Float32Array(channels).fill(1));
      return layouts.affine(layouts.blocked(x, channels), ones, onnx.add('Neg', [mean]), channels);
    });

  const affine = (x: string, a: string, b: string, channels: number): PendingConvolution => ({
    fused: {},
    emit: (fused) => layouts.affine(x, a, b, channels, fused),
  });

  return {
    // The variance is computed from centred values: E[x²] − E[x]² suffers from cancellation if the mean is large.
    batchNormTraining(node, [x = '', scale = '', offset = '']) {
      const channels = channelsOf(node);
      const mean = layouts.channelMeans(layouts.blocked(x, channels), channels);
      const deviation = centred(x, mean, channels);
      const variance = productMeans(deviation, deviation, node);
      const a = mul(scale, inverseStd(variance, node.attributes.epsilon));
      return [layouts.defer(affine(deviation, a, offset, channels), channels), mean, variance];
    },

    // Ioffe & Szegedy 2015, section 3, rearranged to dx = a·dy + b·(x − mean) + c with one coefficient per channel.
    batchNormGradient(node, [dy = '', x = '', scale = '', mean = '', variance = ''], context) {
      const channels = channelsOf(node);
      const gradient = layouts.blocked(dy, channels);
      const deviation = centred(x, mean, channels);
      const inverse = inverseStd(variance, node.attributes.epsilon);
      const meanGradient = layouts.channelMeans(gradient, channels);
      const meanProduct = mul(productMeans(gradient, deviation, node), inverse);
      const a = mul(scale, inverse);
      const b = onnx.add('Neg', [mul(mul(a, inverse), meanProduct)]);
      const c = onnx.add('Neg', [mul(a, meanGradient)]);
      const first = layouts.affine(gradient, a, c, channels);
      const dx = layouts.affine(deviation, b, undefined, channels, { sum: first });
      const count = countOf(node, context);
      return [layouts.define(dx, channels), mul(meanProduct, count), mul(meanGradient, count)];
    },

    batchNorm(node, [x = '', scale = '', offset = '', mean = '', variance = '']) {
      const channels = channelsOf(node);
      const a = mul(scale, inverseStd(variance, node.attributes.epsilon));
      const b = onnx.add('Sub', [offset, mul(mean, a)]);
      const scaled = layouts.pending(x)?.scaled?.(a, b);
      return [layouts.defer(scaled ?? affine(layouts.blocked(x, channels), a, b, channels), channels)];
    },

    channelSum(node, inputs, context) {
      if (node.inputs[0]?.type.shape.length !== 4) return otherwise.channelSum(node, inputs, context);
      const channels = channelsOf(node);
      const means = layouts.channelMeans(layouts.blocked(inputs[0] ?? '', channels), channels);
      return [mul(means, countOf(node, context))];
    },
  };

  /**
   * Mean of a·b over images and pixels, `[C]`, in one pass: a depthwise convolution over all images' channels of `a` at
   * once, with the channels of `b` as kernels.
   */
  function productMeans(a: string, b: string, node: Node<OperatorName>): string {
    const [images, channels] = [sizeOf(node, 0, 0), sizeOf(node, 0, 1)];
    const [height, width] = [sizeOf(node, 0, 2), sizeOf(node, 0, 3)];
    const padded = layouts.padded(channels);
    const input = onnx.add('Reshape', [a, onnx.integers(1, images * padded, height, width)]);
    const kernel = onnx.add('Reshape', [b, onnx.integers(images * padded, 1, height, width)]);
    const attributes = { kernel_shape: ints(height, width), group: int(images * padded) };
    const products = layouts.convolve([input, kernel], attributes, {});
    const perImage = onnx.add('Reshape', [products, onnx.integers(images, padded)]);
    const sum = onnx.add('ReduceMean', [perImage], { axes: ints(0), keepdims: int(0) });
    return layouts.cutVector(mul(sum, onnx.scalar(1 / (height * width))), channels);
  }

  function countOf(node: Node<OperatorName>, { batchSize }: LoweringContext): string {
    const [, , height, width] = node.inputs[0]?.type.shape ?? [];
    const pixels = onnx.scalar(staticSize(height) * staticSize(width));
    return onnx.once(`count ${pixels}`, () => mul(batchSize(node.inputs[0]), pixels));
  }
}

function channelsOf(node: Node<OperatorName>): number {
  return sizeOf(node, 0, 1);
}
