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

  const { maps, groups, depth } = channelGroups(layouts, node, x);
  const all = layouts.padded(images);
  const around = [0, 0, pad - ownRows, pad * depth, 0, all - images, pad - ownRows, pad * depth];
  const surrounded = around.some((count) => count > 0) ? onnx.add('Pad', [maps, onnx.integers(...around)]) : maps;
  const row = (width + 2 * pad) * depth;
  const cut = bands === 1 ? surrounded : cutIntoBands(onnx, surrounded, { groups, images: all, rows, row, bands, pad });
  const shape = onnx.integers(groups, bands * all, height / bands + rows - height, row);
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

/** The channels of x in groups of `depth`, which lie side by side in a pixel: `maps` is [groups, N, H, W · depth]. */
function channelGroups(layouts: Layouts, node: Node<'conv2dWeightGradient'>, x: string) {
  const { onnx, blockSize } = layouts;
  const [images, channels] = [sizeOf(node, 0, 0), sizeOf(node, 0, 1)];
  const [height, width] = [sizeOf(node, 0, 2), sizeOf(node, 0, 3)];
  const isImage = layouts.isPlain(x) && channels < blockSize;
  const depth = isImage ? channels : blockSize;
  const groups = isImage ? 1 : layouts.padded(channels) / blockSize;
  const maps = onnx.once(`channel groups ${x}`, () => {
    const pixels = height * width;
    const shape = isImage ? [images, depth, pixels] : [images, groups, pixels * depth];
    const split = onnx.add('Reshape', [isImage ? x : layouts.blocked(x, channels), onnx.integers(...shape)]);
    const grouped = onnx.add('Transpose', [split], { perm: isImage ? ints(0, 2, 1) : ints(1, 0, 2) });
    return onnx.add('Reshape', [grouped, onnx.integers(groups, images, height, width * depth)]);
  });
  return { maps, groups, depth };
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

/** `[groups, N, rows, row]` → `[groups, bands · N · rows of a band, row]`, band by band, with `pad` rows on each side of a band. */
function cutIntoBands(
  onnx: OnnxBuilder,
  surrounded: string,
  {
    groups,
    images,
    rows,
    row,
    bands,
    pad,
  }: Readonly<Record<'groups' | 'images' | 'rows' | 'row' | 'bands' | 'pad', number>>,
): string {
  const ownRows = (rows - 2 * pad) / bands;
  const order = Array.from({ length: bands }, (_, band) =>
    Array.from({ length: images }, (_, image) =>
      Array.from({ length: ownRows + 2 * pad }, (_, offset) => image * rows + band * ownRows + offset),
    ),
  ).flat(2);
  const allRows = onnx.add('Reshape', [surrounded, onnx.integers(groups, images * rows, row)]);
  return onnx.add('Gather', [allRows, onnx.integers(...order)], { axis: int(1) });
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
    const shape = onnx.integers(all / blockSize, blockSize, padded / blockSize, bands, pixels, blockSize);
    const split = onnx.add('Reshape', [filled, shape]);
    const swapped = onnx.add('Transpose', [split], { perm: ints(2, 3, 0, 4, 1, 5) });
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
