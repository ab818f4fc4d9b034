// Blocked lowering of pooling and its gradients, and of conversions between feature maps and vectors.

import type { Layouts } from './blocked-layouts.ts';
import type { LoweringRules } from './lower.ts';
import { sizeOf } from './node-sizes.ts';
import { float, ints } from './onnx-graph.ts';

type PoolingRules = Pick<
  LoweringRules,
  | 'maxPool'
  | 'maxPoolGradient'
  | 'meanPool'
  | 'meanPoolGradient'
  | 'globalAveragePool'
  | 'globalAveragePoolGradient'
  | 'flatten'
>;

type Sizes = readonly [channels: number, height: number, width: number];

const POOL = { kernel_shape: ints(2, 2), strides: ints(2, 2) };

export function poolingRules(layouts: Layouts, otherwise: Pick<LoweringRules, 'maxPool' | 'meanPool'>): PoolingRules {
  const { onnx, blockSize } = layouts;

  /** Images with few channels stay plain: padding them to a block would only make them larger. */
  const isImage = (x: string, channels: number) => layouts.isPlain(x) && channels < blockSize;

  /** Repeats each pixel 2×2; an odd last row or column, which pooling drops, is filled with zeros. */
  const upsample = (x: string, channels: number, height: number, width: number): string => {
    const doubled = layouts.add('Upsample', [x], { scales: ints(1, 1, 2, 2) });
    if (height % 2 === 0 && width % 2 === 0) return doubled;
    const [evenHeight, evenWidth] = [height - (height % 2), width - (width % 2)];
    const maps = onnx.add('Reshape', [doubled, onnx.integers(-1, evenHeight, evenWidth, blockSize)]);
    const filled = onnx.add('Pad', [maps, onnx.integers(0, 0, 0, 0, 0, height % 2, width % 2, 0)]);
    return onnx.add('Reshape', [filled, onnx.integers(-1, layouts.padded(channels), height, width)]);
  };

  /**
   * Both operands of `opType` have a pixel for each of x, y being repeated 2×2. Only columns are upsampled, as that has one
   * thread; broadcasting does the rest, as its runs are then whole rows.
   */
  const withEachWindow = (opType: 'Sub' | 'Mul', x: string, y: string, [channels, height, width]: Sizes): string => {
    if (height % 2 === 1 || width % 2 === 1) return onnx.add(opType, [x, upsample(y, channels, height, width)]);
    const wide = layouts.add('Upsample', [y], { scales: ints(1, 1, 1, 2) });
    const rows = onnx.add('Reshape', [x, onnx.integers(-1, height / 2, 2, width * blockSize)]);
    const each = onnx.add('Reshape', [wide, onnx.integers(-1, height / 2, 1, width * blockSize)]);
    const result = onnx.add(opType, [rows, each]);
    return onnx.add('Reshape', [result, onnx.integers(-1, layouts.padded(channels), height, width)]);
  };

  return {
    maxPool(node, inputs, context) {
      const [x = ''] = inputs;
      const channels = sizeOf(node, 0, 1);
      if (isImage(x, channels)) return otherwise.maxPool(node, inputs, context);
      return [layouts.define(layouts.add('MaxPool', [layouts.blocked(x, channels)], POOL), channels)];
    },

    maxPoolGradient(node, [dy = '', x = '', y = '']) {
      const sizes: Sizes = [sizeOf(node, 1, 1), sizeOf(node, 1, 2), sizeOf(node, 1, 3)];
      const [channels] = sizes;
      const pooled = layouts.blocked(y, channels);
      const below = withEachWindow('Sub', layouts.blocked(x, channels), pooled, sizes);
      // 1 for a difference of zero, 0 for any that is less.
      const isMaximum = onnx.add('HardSigmoid', [below], { alpha: float(3e38), beta: float(1) });
      const ties = onnx.add('Mul', [layouts.add('AveragePool', [isMaximum], POOL), onnx.scalar(4)]);
      const share = onnx.add('Div', [layouts.blocked(dy, channels), ties]);
      // After a ReLU, a maximum of zero passes no gradient. Applying this here, on a quarter of the pixels, saves it later.
      const { isRectified = false } = layouts.facts(x);
      const passed = isRectified ? layouts.wherePositive(share, pooled) : share;
      const dx = withEachWindow('Mul', isMaximum, passed, sizes);
      return [layouts.define(dx, channels, isRectified ? { pastReluOf: x } : {})];
    },

    meanPool(node, inputs, context) {
      const [x = ''] = inputs;
      const channels = sizeOf(node, 0, 1);
      if (isImage(x, channels)) return otherwise.meanPool(node, inputs, context);
      return [layouts.define(layouts.add('AveragePool', [layouts.blocked(x, channels)], POOL), channels)];
    },

    meanPoolGradient(node, [dy = '']) {
      const { height, width } = node.attributes;
      const channels = sizeOf(node, 0, 1);
      const share = onnx.add('Mul', [layouts.blocked(dy, channels), onnx.scalar(0.25)]);
      return [layouts.define(upsample(share, channels, height, width), channels)];
    },

    globalAveragePool(node, [x = '']) {
      const channels = sizeOf(node, 0, 1);
      const pooled = layouts.add('GlobalAveragePool', [layouts.blocked(x, channels)]);
      const rows = onnx.add('Reshape', [pooled, onnx.integers(-1, layouts.padded(channels))]);
      if (channels === layouts.padded(channels)) return [rows];
      return [onnx.add('Slice', [rows, onnx.integers(0), onnx.integers(channels), onnx.integers(1)])];
    },

    globalAveragePoolGradient(node, [dy = '']) {
      const { height, width } = node.attributes;
      const channels = sizeOf(node, 0, 1);
      const padded = layouts.padded(channels);
      const share = onnx.add('Mul', [dy, onnx.scalar(1 / (height * width))]);
      const rows = layouts.padAxis(share, 1, 2, channels, padded - channels);
      const pixel = onnx.add('Reshape', [rows, onnx.integers(-1, padded / blockSize, 1, blockSize)]);
      const shape = onnx.integers(1, padded / blockSize, height * width, blockSize);
      const dx = onnx.add('Reshape', [onnx.add('Expand', [pixel, shape]), onnx.integers(-1, padded, height, width)]);
      return [layouts.define(dx, channels)];
    },

    flatten: (_, [x = '']) => [onnx.add('Flatten', [layouts.plain(x)])],
  };
}
