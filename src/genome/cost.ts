// What a genome costs as a network: parameters, forward FLOPs and activation memory, layer by layer, without building it.

import { InvalidInputError } from '../errors.ts';
import type { Genome, PoolingGene, SkipGene } from './genome.ts';
import { type ImageShape, requireImageShape } from './image-shape.ts';
import { formatGenome } from './text.ts';

/** What surrounds the genome in every network of a search: the images it reads and the classes it tells apart. */
export interface NetworkInput {
  readonly input: ImageShape;
  readonly classes: number;
}

export interface LayerCost {
  /** `skip 128-64`, `max pool`, `mean pool`, `dense`. */
  readonly name: string;
  readonly kind: 'skip' | 'pooling' | 'head';
  /** `[channels, height, width]`; the head's is `[classes]`. */
  readonly outputShape: readonly number[];
  readonly parameters: number;
  readonly flops: number;
  readonly activationBytes: number;
}

export interface NetworkCost {
  readonly layers: readonly LayerCost[];
  readonly parameters: number;
  readonly flops: number;
  readonly activationBytes: number;
}

/**
 * The cost of the network that a genome describes: its layers, then flatten and one dense softmax layer.
 *
 * - `parameters`: trainable numbers. Convolutions and the dense layer have a bias, batch normalisation a scale and an
 *   offset per channel (its running statistics are not counted); a skip layer's shortcut is always a 1×1 convolution.
 * - `flops`: of the forward pass for one image, 2 per multiply-add of convolutions and dense layers. Biases,
 *   normalisation, activations, additions and pooling are not counted.
 * - `activationBytes`: float32 outputs kept for the backward pass, for one image. A skip layer keeps seven: conv1, bn1,
 *   relu1 (F1 channels each), conv2, bn2, shortcut, and the ReLU of their sum (F2 channels each; the sum itself is not
 *   needed, as the gradient of ReLU can be read off its output). A pooling layer keeps its output, the head its logits.
 *   The image itself and the softmax are not counted.
 *
 * @param problem  image shape, and the number of classes (an integer of at least 2).
 * @throws {InvalidInputError} if a pooling layer would leave no pixel, naming the layer, or if `problem` is no such thing.
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
    layers.push(gene.kind === 'skip' ? skipCost(gene, shape) : poolingCost(gene, shape));
    shape = gene.kind === 'skip' ? { ...shape, channels: gene.filters2 } : pooled(shape);
  }
  layers.push(headCost(shape, problem.classes));
  const total = (key: 'parameters' | 'flops' | 'activationBytes'): number =>
    layers.reduce((sum, layer) => sum + layer[key], 0);
  return {
    layers,
    parameters: total('parameters'),
    flops: total('flops'),
    activationBytes: total('activationBytes'),
  };
}

/** The first layer that would leave no pixel, in words; undefined if every spatial size stays at least 1. */
export function vanishedLayer(genome: Genome, input: ImageShape): string | undefined {
  let shape = input;
  for (const [index, gene] of genome.entries()) {
    if (gene.kind === 'skip') continue;
    const after = pooled(shape);
    if (after.height < 1 || after.width < 1) {
      return (
        `layer ${index + 1} (${gene.pooling} pool) would leave no pixel of ${shape.height}x${shape.width}; ` +
        'remove a pooling layer or use larger images'
      );
    }
    shape = after;
  }
  return undefined;
}

/** @throws {InvalidInputError} if the image shape or the number of classes is impossible. */
export function requireNetworkInput({ input, classes }: NetworkInput): void {
  requireImageShape(input);
  if (!Number.isInteger(classes) || classes < 2) {
    throw new InvalidInputError(`the number of classes must be an integer of at least 2, received ${String(classes)}`, {
      details: { classes },
    });
  }
}

function skipCost({ filters1, filters2 }: SkipGene, { channels, height, width }: ImageShape): LayerCost {
  const pixels = height * width;
  const weights = 9 * channels * filters1 + 9 * filters1 * filters2 + channels * filters2;
  const biases = filters1 + filters2 + filters2;
  const normalisation = 2 * filters1 + 2 * filters2;
  return {
    name: `skip ${filters1}-${filters2}`,
    kind: 'skip',
    outputShape: [filters2, height, width],
    parameters: weights + biases + normalisation,
    flops: 2 * pixels * weights,
    activationBytes: FLOAT_BYTES * pixels * (3 * filters1 + 4 * filters2),
  };
}

function poolingCost({ pooling }: PoolingGene, input: ImageShape): LayerCost {
  const { channels, height, width } = pooled(input);
  return {
    name: `${pooling} pool`,
    kind: 'pooling',
    outputShape: [channels, height, width],
    parameters: 0,
    flops: 0,
    activationBytes: FLOAT_BYTES * channels * height * width,
  };
}

function headCost({ channels, height, width }: ImageShape, classes: number): LayerCost {
  const weights = channels * height * width * classes;
  return {
    name: 'dense',
    kind: 'head',
    outputShape: [classes],
    parameters: weights + classes,
    flops: 2 * weights,
    activationBytes: FLOAT_BYTES * classes,
  };
}

const FLOAT_BYTES = 4;

/** 2×2, stride 2, no padding: odd sizes round down. */
function pooled({ channels, height, width }: ImageShape): ImageShape {
  return { channels, height: Math.floor(height / 2), width: Math.floor(width / 2) };
}
