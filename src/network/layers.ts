// Turns a genome into layers with every size resolved.

import { InvalidInputError } from '../errors.ts';
import { hasShortcutConvolution, type NetworkInput } from '../genome/cost.ts';
import type { Gene, Genome, PoolingType } from '../genome/genome.ts';
import { checkHead, DEFAULT_HEAD, type HeadLayer } from '../genome/head.ts';

export interface SkipLayer {
  readonly kind: 'skip';
  readonly name: string;
  readonly inputChannels: number;
  readonly filters1: number;
  readonly filters2: number;
  /** Whether the shortcut has a 1×1 convolution. */
  readonly convolvesShortcut: boolean;
}

/** A pooling between two convolutions. */
export interface StageLayer {
  readonly kind: 'stage';
  readonly name: string;
  readonly inputChannels: number;
  readonly filters1: number;
  readonly pooling: PoolingType;
  readonly filters2: number;
}

export interface PoolingLayer {
  readonly kind: 'pooling';
  readonly name: string;
  readonly pooling: PoolingType;
}

export interface FlattenLayer {
  readonly kind: 'flatten';
  readonly name: string;
}

export interface GlobalAveragePoolingLayer {
  readonly kind: 'globalAveragePooling';
  readonly name: string;
}

export interface DropoutLayer {
  readonly kind: 'dropout';
  readonly name: string;
  readonly rate: number;
}

export interface DenseLayer {
  readonly kind: 'dense';
  readonly name: string;
  readonly features: number;
  readonly units: number;
  readonly activation: 'relu' | 'linear';
}

export type Layer =
  | SkipLayer
  | StageLayer
  | PoolingLayer
  | FlattenLayer
  | GlobalAveragePoolingLayer
  | DropoutLayer
  | DenseLayer;

/**
 * The layers of a genome followed by those of the head. The final softmax belongs to the loss.
 *
 * @throws {InvalidInputError} if a pooling layer meets fewer than 2×2 pixels.
 */
export function planLayers(genome: Genome, problem: NetworkInput): readonly Layer[] {
  const layers: Layer[] = [];
  let { channels, height, width } = problem.input;
  for (const [index, gene] of genome.entries()) {
    const name = `layers.${index}`;
    if (gene.kind !== 'skip') {
      if (Math.min(height, width) < 2) {
        throw new InvalidInputError(
          `layer ${index + 1} pools an image of ${height}×${width}; pooling needs at least 2×2 pixels: use fewer pooling layers`,
          { details: { layer: index, height, width } },
        );
      }
      [height, width] = [Math.floor(height / 2), Math.floor(width / 2)];
    }
    layers.push(layerOf(gene, name, channels, problem));
    if (gene.kind !== 'pooling') channels = gene.filters2;
  }
  return [...layers, ...planHead(problem, channels, height * width)];
}

function layerOf(gene: Gene, name: string, inputChannels: number, { shortcut }: NetworkInput): Layer {
  if (gene.kind !== 'skip') return gene.kind === 'stage' ? { ...gene, name, inputChannels } : { ...gene, name };
  return {
    ...gene,
    name,
    inputChannels,
    convolvesShortcut: hasShortcutConvolution(inputChannels, gene.filters2, shortcut),
  };
}

function planHead({ head = DEFAULT_HEAD, classes }: NetworkInput, channels: number, pixels: number): Layer[] {
  checkHead(head);
  const layers: Layer[] = [];
  const numbers = new Map<string, number>();
  let features = channels * pixels;
  for (const layer of head) {
    const name = headName(layer, numbers);
    switch (layer.type) {
      case 'flatten':
        layers.push({ kind: 'flatten', name });
        break;
      case 'globalAveragePooling':
        features = channels;
        layers.push({ kind: 'globalAveragePooling', name });
        break;
      case 'dropout':
        layers.push({ kind: 'dropout', name, rate: layer.rate });
        break;
      case 'dense': {
        const units = layer.units === 'classes' ? classes : layer.units;
        layers.push({ kind: 'dense', name, features, units, activation: activationOf(layer) });
        features = units;
      }
    }
  }
  return layers;
}

/** `head.dense`, `head.dense2`, … in order. */
function headName({ type }: HeadLayer, numbers: Map<string, number>): string {
  const number = (numbers.get(type) ?? 0) + 1;
  numbers.set(type, number);
  return `head.${type}${number === 1 ? '' : number}`;
}

function activationOf({ units, activation }: Extract<HeadLayer, { type: 'dense' }>): 'relu' | 'linear' {
  if (activation === 'softmax') return 'linear';
  return activation ?? (units === 'classes' ? 'linear' : 'relu');
}
