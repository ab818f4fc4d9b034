// Blocked lowering of convolutions and their gradients.

import type { Node } from '../graph/graph.ts';
import type { OperatorName } from '../graph/operators.ts';
import type { Layouts, PendingConvolution } from './blocked-layouts.ts';
import type { LoweringRules } from './lower.ts';
import { samePads, sizeOf } from './node-sizes.ts';
import { int, ints, type OnnxBuilder } from './onnx-graph.ts';

type ConvolutionRules = Pick<LoweringRules, 'conv2d' | 'conv2dInputGradient' | 'conv2dWeightGradient'>;

export function convolutionRules(layouts: Layouts): ConvolutionRules {
  const { blockSize } = layouts;
  return {
    conv2d(node, [x = '', weight = '', bias = '']) {
      const [filters, channels, kernel] = [sizeOf(node, 1, 0), sizeOf(node, 1, 1), sizeOf(node, 1, 2)];
      const isImage = layouts.isPlain(x) && channels < blockSize;
      const input = isImage ? x : layouts.blocked(x, channels);
      const convolution = (w: string, b: string): PendingConvolution => ({
        fused: {},
        emit: (fused) =>
          layouts.convolve(
            [input, (isImage ? imageWeight : forwardWeight)(layouts, w, node), layouts.padVector(b, filters)],
            { kernel_shape: ints(kernel, kernel), pads: samePads(kernel) },
            fused,
          ),
        scaled(scale, offset) {
          const { onnx } = layouts;
          const perFilter = onnx.add('Reshape', [scale, onnx.integers(filters, 1, 1, 1)]);
          const newBias = onnx.add('Add', [onnx.add('Mul', [b, scale]), offset]);
          return convolution(onnx.add('Mul', [w, perFilter]), newBias);
        },
      });
      return [layouts.defer(convolution(weight, bias), filters)];
    },

    // The same convolution over dy, with the kernel flipped and its channel axes swapped.
    conv2dInputGradient(node, [dy = '', weight = '']) {
      const [filters, channels, kernel] = [sizeOf(node, 1, 0), sizeOf(node, 1, 1), sizeOf(node, 1, 2)];
      const input = layouts.blocked(dy, filters);
      const emit: PendingConvolution['emit'] = (fused) =>
        layouts.convolve(
          [input, backwardWeight(layouts, weight, node)],
          { kernel_shape: ints(kernel, kernel), pads: samePads(kernel) },
          fused,
        );
      return [layouts.defer({ fused: {}, emit }, channels)];
    },

    conv2dWeightGradient: (node, [x = '', dy = '']) => [weightGradient(layouts, node, x, dy)],
  };
}

/**
 * dW[m, c, i, j] = Σ dy[n, m, h, w] · x[n, c, h + i, w + j] as convolutions that sum over images instead of channels, one
 * for each block of channels. Their "channels" are the images, their kernel is all of dy, and their input has pixels and the
 * channels of a block side by side, [h, w·B + c]. A kernel dilated by B then steps from pixel to pixel, and output
 * [i, j·B + c] is the gradient of that weight. With all channels side by side, pixels would be so far apart, often by a
 * power of two, that they displace each other in the cache.
 *
 * Large images are cut into bands of rows, each of which counts as an image, so that the kernel fits into a cache.
 */
function weightGradient(layouts: Layouts, node: Node<'conv2dWeightGradient'>, x: string, dy: string): string {
  const { onnx, blockSize } = layouts;
  const { kernel } = node.attributes;
  const [images, channels] = [sizeOf(node, 0, 0), sizeOf(node, 0, 1)];
  const [height, width, filters] = [sizeOf(node, 0, 2), sizeOf(node, 0, 3), sizeOf(node, 1, 1)];
  const pad = (kernel - 1) / 2;
  const bands = bandsOf(layouts, node);
  // Rows of zeros are the convolution's own padding, unless an output would see only padding, or bands need real neighbour
  // rows.
  const ownRows = height > pad && bands === 1 ? pad : 0;
  const rows = height + 2 * (pad - ownRows);

  const all = layouts.padded(images);
  const { maps, groups, depth } = surroundedMaps(layouts, node, x, {
    rows: pad - ownRows,
    columns: pad,
    images: all - images,
  });
  const row = (width + 2 * pad) * depth;
  const bandRows = height / bands + rows - height;
  // [N, groups, rows, row] → [groups, bands, N, rows of a band, row]
  const byGroup: readonly Axis[] = [
    [groups, 1],
    [all, groups],
  ];
  const byBand: readonly Axis[] = [
    [groups, rows],
    [bands, height / bands],
    [all, groups * rows],
    [bandRows, 1],
  ];
  const cut =
    bands === 1
      ? reordered(onnx, maps, { count: all * groups, length: rows * row }, byGroup)
      : reordered(onnx, maps, { count: all * groups * rows, length: row }, byBand);
  const shape = onnx.integers(groups, bands * all, bandRows, row);
  const input = layouts.add('ReorderInput', [onnx.add('Reshape', [cut, shape])]);

  const result = layouts.convolve(
    [input, imageKernel(layouts, node, dy)],
    {
      kernel_shape: ints(height / bands, width),
      dilations: ints(1, depth),
      pads: ints(ownRows, 0, ownRows, 0),
    },
    {},
  );
  const padded = layouts.padded(filters);
  const split = onnx.integers(groups, padded / blockSize, kernel * kernel, depth, blockSize);
  const byFilter = onnx.add('Transpose', [onnx.add('Reshape', [result, split])], { perm: ints(1, 0, 3, 2, 4) });
  const formal = onnx.add('Reshape', [byFilter, onnx.integers(1, padded, groups * depth, kernel * kernel)]);
  const plain = layouts.add('ReorderOutput', [formal], { channels: int(filters) });
  const weights = onnx.add('Reshape', [plain, onnx.integers(filters, groups * depth, kernel, kernel)]);
  if (groups * depth === channels) return weights;
  return onnx.add('Slice', [weights, onnx.integers(0), onnx.integers(channels), onnx.integers(1)]);
}

/**
 * x with zeros around its pixels and after its images. The channels lie side by side in groups of `depth`: `maps` is
 * [N, groups, H, W · depth].
 */
function surroundedMaps(
  layouts: Layouts,
  node: Node<'conv2dWeightGradient'>,
  x: string,
  around: Readonly<Record<'rows' | 'columns' | 'images', number>>,
) {
  const { onnx, blockSize } = layouts;
  const [images, channels] = [sizeOf(node, 0, 0), sizeOf(node, 0, 1)];
  const { rows, columns } = around;
  if (layouts.isPlain(x) && channels < blockSize) {
    const last = onnx.once(`channel-last ${x}`, () => onnx.add('Transpose', [x], { perm: ints(0, 2, 3, 1) }));
    const counts = [0, rows, columns, 0, around.images, rows, columns, 0];
    const maps = counts.some((count) => count > 0) ? onnx.add('Pad', [last, onnx.integers(...counts)]) : last;
    return { maps, groups: 1, depth: channels };
  }
  const maps = layouts.surrounded(
    layouts.padAxis(layouts.blocked(x, channels), 0, 4, images, around.images),
    channels,
    rows,
    columns,
  );
  return { maps, groups: layouts.padded(channels) / blockSize, depth: blockSize };
}

/** Length of an axis, and how many rows apart its elements are. */
type Axis = readonly [length: number, stride: number];

/** Rows of `x` in another order. Unlike a transposition, it has all threads. */
function reordered(
  onnx: OnnxBuilder,
  x: string,
  { count, length }: Readonly<Record<'count' | 'length', number>>,
  axes: readonly Axis[],
): string {
  const order = axes.reduce<number[]>(
    (starts, [size, stride]) => starts.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * stride)),
    [0],
  );
  if (order.length === count && order.every((index, i) => index === i)) return x;
  return onnx.add('Gather', [onnx.add('Reshape', [x, onnx.integers(count, length)]), onnx.integers(...order)]);
}

/** Bytes that a kernel may take up in the cache next to a core. */
const CACHED_BYTES = 2 ** 20;
/** Number of filter blocks that are computed together. */
const FILTER_BLOCKS = 4;
/** Bands overlap by the rows that a kernel needs around them; with fewer rows, too much work is duplicated. */
const LEAST_ROWS = 4;

/** Number of equally high bands into which the images of a weight gradient are cut. */
function bandsOf(layouts: Layouts, node: Node<'conv2dWeightGradient'>): number {
  const [height, width, filters] = [sizeOf(node, 0, 2), sizeOf(node, 0, 3), sizeOf(node, 1, 1)];
  const { blockSize } = layouts;
  const rowBytes = 4 * width * blockSize * Math.min(layouts.padded(filters), FILTER_BLOCKS * blockSize);
  for (let bands = 1; height / bands >= LEAST_ROWS; bands++) {
    if (height % bands === 0 && (height / bands) * rowBytes <= CACHED_BYTES) return bands;
  }
  return 1;
}

/** dy as a kernel: `[M, bands · N, H / bands, W]`, with the images padded to whole blocks. */
function imageKernel(layouts: Layouts, node: Node<'conv2dWeightGradient'>, dy: string): string {
  const { onnx, blockSize } = layouts;
  const [images, filters] = [sizeOf(node, 1, 0), sizeOf(node, 1, 1)];
  const [height, width] = [sizeOf(node, 1, 2), sizeOf(node, 1, 3)];
  const padded = layouts.padded(filters);
  const all = layouts.padded(images);
  const blocked = layouts.blocked(dy, filters);
  const bands = bandsOf(layouts, node);
  return onnx.once(`image kernel ${blocked}`, () => {
    const filled = layouts.padAxis(blocked, 0, 4, images, all - images);
    const pixels = (height / bands) * width;
    const blocks = padded / blockSize;
    // [N/B, B of N, M/B · pixels, B of M] → [N/B, M/B · pixels, B of N, B of M]: to the operator, images are the pixels.
    const rows = onnx.add('Reshape', [filled, onnx.integers(all / blockSize, blockSize, 1, bands * padded * pixels)]);
    const together = layouts.add('ReorderInput', [rows], { channels_last: int(1) });
    const byFilter: readonly Axis[] = [
      [blocks, bands],
      [bands, 1],
      [all / blockSize, blocks * bands],
    ];
    const size = { count: (all / blockSize) * blocks * bands, length: pixels * blockSize * blockSize };
    const swapped = reordered(onnx, together, size, byFilter);
    return onnx.add('Reshape', [swapped, onnx.integers(padded, bands * all, height / bands, width)]);
  });
}

/** [M, C, K, K] → [M/B, C/B, K, K, B of C, B of M] */
function forwardWeight(layouts: Layouts, weight: string, node: Node<OperatorName>): string {
  const { onnx, blockSize } = layouts;
  return onnx.once(`forward weight ${weight}`, () => {
    const { filters, channels, area, data } = paddedWeight(layouts, weight, node);
    const rows = onnx.add('Reshape', [data, onnx.integers(1, filters, channels, area)]);
    const blocks = layouts.add('ReorderInput', [rows]);
    const split = onnx.integers(filters / blockSize, channels / blockSize, blockSize, area, blockSize);
    const moved = onnx.add('Transpose', [onnx.add('Reshape', [blocks, split])], { perm: ints(0, 1, 3, 2, 4) });
    return onnx.add('Reshape', [moved, formalShape(layouts, filters, channels, node)]);
  });
}

/** [M, C, K, K] → flipped [C/B, M/B, K, K, B of M, B of C] */
function backwardWeight(layouts: Layouts, weight: string, node: Node<OperatorName>): string {
  const { onnx, blockSize } = layouts;
  return onnx.once(`backward weight ${weight}`, () => {
    const { filters, channels, area, data } = paddedWeight(layouts, weight, node);
    const rows = onnx.add('Reshape', [data, onnx.integers(filters, channels, area, 1)]);
    let blocks = layouts.add('ReorderInput', [rows]);
    const split = onnx.integers(filters / blockSize, blockSize, channels / blockSize, area, blockSize);
    blocks = onnx.add('Reshape', [blocks, split]);
    if (area > 1) {
      const back = onnx.integers(-1);
      blocks = onnx.add('Slice', [blocks, back, onnx.integers(-area - 1), onnx.integers(3), back]);
    }
    const moved = onnx.add('Transpose', [blocks], { perm: ints(2, 0, 3, 1, 4) });
    return onnx.add('Reshape', [moved, formalShape(layouts, channels, filters, node)]);
  });
}

/** [M, C, K, K] → [M/B, C, K, K, B of M], for an input in plain layout. */
function imageWeight(layouts: Layouts, weight: string, node: Node<OperatorName>): string {
  const { onnx } = layouts;
  const [filters, channels, kernel] = [sizeOf(node, 1, 0), sizeOf(node, 1, 1), sizeOf(node, 1, 2)];
  return onnx.once(`image weight ${weight}`, () => {
    const rows = onnx.add('Reshape', [weight, onnx.integers(1, filters, channels, kernel * kernel)]);
    return onnx.add('Reshape', [
      layouts.toBlocks(rows, filters),
      formalShape(layouts, layouts.padded(filters), channels, node),
    ]);
  });
}

/** Pads the weight with zeros to whole blocks on both axes. */
function paddedWeight(layouts: Layouts, weight: string, node: Node<OperatorName>) {
  const [m, c, kernel] = [sizeOf(node, 1, 0), sizeOf(node, 1, 1), sizeOf(node, 1, 2)];
  const [filters, channels] = [layouts.padded(m), layouts.padded(c)];
  const data = layouts.padAxis(layouts.padAxis(weight, 0, 4, m, filters - m), 1, 4, c, channels - c);
  return { filters, channels, area: kernel * kernel, data };
}

function formalShape({ onnx }: Layouts, outputs: number, inputs: number, node: Node<OperatorName>): string {
  const kernel = sizeOf(node, 1, 2);
  return onnx.integers(outputs, inputs, kernel, kernel);
}
