// Computes the cost of a genome's network, layer by layer, without building it: parameters, forward FLOPs and activation
// memory.

import { InvalidInputError } from '../errors.ts';
import type { Gene, Genome, PoolingGene, SkipGene, StageGene } from './genome.ts';
import { checkHead, DEFAULT_HEAD, type HeadLayer } from './head.ts';
import { type ImageShape, requireImageShape } from './image-shape.ts';
import { formatGenome } from './text.ts';

/** What all networks of a search have in common: the images they read and the classes they distinguish. */
export interface NetworkInput {
  readonly input: ImageShape;
  readonly classes: number;
  /** Default: flatten and one dense softmax layer. */
  readonly head?: readonly HeadLayer[];
  /**
   * Whether a skip layer's shortcut has a 1×1 convolution always (the Python package), or only if the channels differ
   * (CNN-GA). Default: `always`.
   */
  readonly shortcut?: 'always' | 'where-channels-differ';
}

export type Shortcut = NonNullable<NetworkInput['shortcut']>;

/** Whether a skip layer has a convolution on its shortcut; otherwise its input is added unchanged. */
export function hasShortcutConvolution(from: number, to: number, shortcut: Shortcut = 'always'): boolean {
  return shortcut === 'always' || from !== to;
}

/** The cost of a network, by layer and in total; {@link estimateCost} defines the figures. */
export interface NetworkCost {
  readonly layers: readonly {
    /** `skip 128-64`, `stage 32max64`, `max pool`, `mean pool`; in the head `dense`, `global average pool`. */
    readonly name: string;
    readonly kind: Gene['kind'] | 'head';
    /** `[channels, height, width]`; `[features]` for layers of the head. */
    readonly outputShape: readonly number[];
    readonly parameters: number;
    readonly flops: number;
    readonly activationBytes: number;
    /** FLOPs of the forward and the backward pass for one image, see {@link estimateCost}. */
    readonly trainingFlops: number;
    /** Bytes that convolutions read and write in both passes, see {@link estimateCost}. */
    readonly trainingBytes: number;
    /** FLOPs of making all filters orthogonal, as the optimiser Muon does once in every training step. */
    readonly orthogonalFlops: number;
  }[];
  readonly parameters: number;
  readonly flops: number;
  readonly activationBytes: number;
  readonly trainingFlops: number;
  readonly trainingBytes: number;
  readonly orthogonalFlops: number;
}

export type LayerCost = NetworkCost['layers'][number];

/**
 * The cost of the network that a genome describes: its layers, then the head.
 *
 * - `parameters`: trainable numbers. Convolutions and the dense layer have a bias, batch normalisation a scale and an
 *   offset per channel (its running statistics are not counted).
 * - `flops`: forward pass for one image, 2 per multiply-add of convolutions and dense layers. Biases,
 *   normalisation, activations, additions and pooling are not counted.
 * - `activationBytes`: float32 outputs kept for the backward pass, for one image. A skip layer keeps: conv1, bn1,
 *   relu1 (F1 channels each), conv2, bn2, shortcut (if it is a convolution), and the ReLU of their sum (F2 channels each;
 *   the sum itself is not needed, because the gradient of ReLU follows from its output). A stage keeps conv1 before and after
 *   its pooling, bn1, relu1, conv2, bn2 and relu2. Pooling and the layers of the head keep their outputs; flatten, which
 *   copies nothing, is not listed.
 *   The image itself and the softmax are not counted.
 * - `trainingFlops` and `trainingBytes`: what a training step takes for one image. Channels are padded to a multiple of 16, as
 *   in the fast CPU layout, except those of the image. A convolution has three passes: forward, and backward to its input and to its
 *   filters. In each it computes its FLOPs, and reads or writes its input and its output once. Of a pooling layer, only the output counts, once.
 *
 * @param problem  image shape, and the number of classes (an integer of at least 2).
 * @throws {InvalidInputError} if a pooling layer would leave no pixel (naming the layer), or if `problem` is invalid.
 */
export function estimateCost(genome: Genome, problem: NetworkInput): NetworkCost {
  requireNetworkInput(problem);
  const vanished = vanishedLayer(genome, problem.input);
  if (vanished !== undefined) {
    const text = formatGenome(genome);
    throw new InvalidInputError(`genome "${text}": ${vanished}`, { details: { genome: text } });
  }
  const layers: LayerCost[] = [];
  let shape = problem.input;
  for (const gene of genome) {
    layers.push(layerCost(gene, shape, problem.shortcut));
    shape = shapeBehind(gene, shape);
  }
  layers.push(...headCosts(shape, problem));
  const total = (key: Exclude<keyof NetworkCost, 'layers'>): number =>
    layers.reduce((sum, layer) => sum + layer[key], 0);
  return {
    layers,
    parameters: total('parameters'),
    flops: total('flops'),
    activationBytes: total('activationBytes'),
    trainingFlops: total('trainingFlops'),
    trainingBytes: total('trainingBytes'),
    orthogonalFlops: total('orthogonalFlops'),
  };
}

/** Describes the first layer that would leave no pixel; undefined if every spatial size stays at least 1. */
export function vanishedLayer(genome: Genome, input: ImageShape): string | undefined {
  let shape = input;
  for (const [index, gene] of genome.entries()) {
    const after = shapeBehind(gene, shape);
    if (after.height < 1 || after.width < 1) {
      return (
        `layer ${index + 1} (${layerName(gene)}) would leave no pixel of ${shape.height}x${shape.width}; ` +
        'remove a pooling layer or use larger images'
      );
    }
    shape = after;
  }
  return undefined;
}

/** @throws {InvalidInputError} if the image shape or the number of classes is impossible. */
export function requireNetworkInput({ input, classes, head }: NetworkInput): void {
  requireImageShape(input);
  if (head !== undefined) checkHead(head);
  if (!Number.isInteger(classes) || classes < 2) {
    throw new InvalidInputError(`the number of classes must be an integer of at least 2, received ${String(classes)}`, {
      details: { classes },
    });
  }
}

/** As it stands in tables: `skip 128-64`, `stage 32max64`, `max pool`. */
export function layerName(gene: Gene): string {
  return gene.kind === 'pooling' ? `${gene.pooling} pool` : `${gene.kind} ${formatGenome([gene])}`;
}

/** The shape of the feature maps that a layer makes of others. */
function shapeBehind(gene: Gene, shape: ImageShape): ImageShape {
  const { height, width } = gene.kind === 'skip' ? shape : pooled(shape);
  return { channels: gene.kind === 'pooling' ? shape.channels : gene.filters2, height, width };
}

function layerCost(gene: Gene, shape: ImageShape, shortcut: Shortcut | undefined): LayerCost {
  switch (gene.kind) {
    case 'skip':
      return skipCost(gene, shape, shortcut);
    case 'pooling':
      return poolingCost(gene, shape);
    case 'stage':
      return stageCost(gene, shape);
  }
}

function skipCost(gene: SkipGene, { channels, height, width }: ImageShape, shortcut: Shortcut | undefined): LayerCost {
  const { filters1, filters2 } = gene;
  const pixels = height * width;
  // Filters of the shortcut's convolution.
  const filters3 = hasShortcutConvolution(channels, filters2, shortcut) ? filters2 : 0;
  const weights = 9 * channels * filters1 + 9 * filters1 * filters2 + channels * filters3;
  const biases = filters1 + filters2 + filters3;
  const normalisation = 2 * filters1 + 2 * filters2;
  return {
    name: layerName(gene),
    kind: 'skip',
    outputShape: [filters2, height, width],
    parameters: weights + biases + normalisation,
    flops: 2 * pixels * weights,
    activationBytes: FLOAT_BYTES * pixels * (3 * filters1 + 3 * filters2 + filters3),
    ...trainingCost([
      convolutionPass(pixels, 9, channels, filters1),
      convolutionPass(pixels, 9, filters1, filters2),
      ...(filters3 === 0 ? [] : [convolutionPass(pixels, 1, channels, filters3)]),
    ]),
    orthogonalFlops:
      orthogonalFlops(filters1, 9 * channels) +
      orthogonalFlops(filters2, 9 * filters1) +
      orthogonalFlops(filters3, channels),
  };
}

/** The first convolution sees the image before it is pooled. */
function stageCost(gene: StageGene, { channels, height, width }: ImageShape): LayerCost {
  const { filters1, filters2 } = gene;
  const small = pooled({ channels: filters2, height, width });
  const [before, after] = [height * width, small.height * small.width];
  const [weights1, weights2] = [9 * channels * filters1, 9 * filters1 * filters2];
  return {
    name: layerName(gene),
    kind: 'stage',
    outputShape: [filters2, small.height, small.width],
    parameters: weights1 + weights2 + 3 * filters1 + 3 * filters2,
    flops: 2 * (before * weights1 + after * weights2),
    activationBytes: FLOAT_BYTES * (before * filters1 + after * (3 * filters1 + 3 * filters2)),
    ...trainingCost([convolutionPass(before, 9, channels, filters1), convolutionPass(after, 9, filters1, filters2)]),
    orthogonalFlops: orthogonalFlops(filters1, 9 * channels) + orthogonalFlops(filters2, 9 * filters1),
  };
}

/**
 * A product of the matrix with its transpose, and one with the result, of as many rows as the matrix has rows or columns; in
 * between 17 products of such square matrices, in five steps of Newton and Schulz.
 */
function orthogonalFlops(rows: number, columns: number): number {
  const [few, many] = [Math.min(rows, columns), Math.max(rows, columns)];
  return 2 * few * few * (2 * many + 17 * few);
}

function poolingCost(gene: PoolingGene, input: ImageShape): LayerCost {
  const { channels, height, width } = pooled(input);
  return {
    name: layerName(gene),
    kind: 'pooling',
    outputShape: [channels, height, width],
    parameters: 0,
    flops: 0,
    activationBytes: FLOAT_BYTES * channels * height * width,
    trainingFlops: 0,
    trainingBytes: FLOAT_BYTES * padded(channels) * height * width,
    orthogonalFlops: 0,
  };
}

function headCosts(
  { channels, height, width }: ImageShape,
  { classes, head = DEFAULT_HEAD }: NetworkInput,
): LayerCost[] {
  const costs: LayerCost[] = [];
  let features = channels * height * width;
  const add = (name: string, parameters: number, flops: number): void => {
    const activationBytes = FLOAT_BYTES * features;
    const training = { trainingFlops: PASSES * flops, trainingBytes: 0, orthogonalFlops: 0 };
    costs.push({ name, kind: 'head', outputShape: [features], parameters, flops, activationBytes, ...training });
  };
  for (const layer of head) {
    switch (layer.type) {
      case 'flatten':
        break;
      case 'globalAveragePooling':
        features = channels;
        add('global average pool', 0, 0);
        break;
      case 'dropout':
        add(`dropout ${layer.rate}`, 0, 0);
        break;
      case 'dense': {
        const units = layer.units === 'classes' ? classes : layer.units;
        const weights = features * units;
        features = units;
        add('dense', weights + units, 2 * weights);
      }
    }
  }
  return costs;
}

interface Pass {
  readonly flops: number;
  readonly bytes: number;
}

/** One pass of a convolution of `taps` weights for each pair of channels, whose output has as many pixels as its input. */
function convolutionPass(pixels: number, taps: number, from: number, to: number): Pass {
  const [read, written] = [padded(from), padded(to)];
  return { flops: 2 * pixels * taps * read * written, bytes: FLOAT_BYTES * pixels * (read + written) };
}

function trainingCost(convolutions: readonly Pass[]): Pick<LayerCost, 'trainingFlops' | 'trainingBytes'> {
  const total = (key: keyof Pass): number => PASSES * convolutions.reduce((sum, pass) => sum + pass[key], 0);
  return { trainingFlops: total('flops'), trainingBytes: total('bytes') };
}

/** Forward, and backward to the input and to the weights. */
const PASSES = 3;
const FLOAT_BYTES = 4;
const CHANNEL_BLOCK = 16;
/** The fast layout does not pad the channels of images. */
const MOST_IMAGE_CHANNELS = 3;

function padded(channels: number): number {
  return channels <= MOST_IMAGE_CHANNELS ? channels : Math.ceil(channels / CHANNEL_BLOCK) * CHANNEL_BLOCK;
}

/** 2×2, stride 2, no padding: odd sizes round down. */
function pooled({ channels, height, width }: ImageShape): ImageShape {
  return { channels, height: Math.floor(height / 2), width: Math.floor(width / 2) };
}
