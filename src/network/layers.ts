// Genome → layers with every size resolved, and the parameters each layer owns.

import { InvalidInputError } from '../errors.ts';
import type { NetworkInput } from '../genome/cost.ts';
import type { Genome, PoolingType } from '../genome/genome.ts';

export interface SkipLayer {
  readonly kind: 'skip';
  readonly name: string;
  readonly inputChannels: number;
  readonly filters1: number;
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

export interface DenseLayer {
  readonly kind: 'dense';
  readonly name: string;
  readonly features: number;
  readonly units: number;
}

export type Layer = SkipLayer | PoolingLayer | FlattenLayer | DenseLayer;

/**
 * The layers of a genome followed by the head (flatten, dense).
 *
 * @throws {InvalidInputError} if a pooling layer meets fewer than 2×2 pixels.
 */
export function planLayers(genome: Genome, problem: NetworkInput): readonly Layer[] {
  const layers: Layer[] = [];
  let { channels, height, width } = problem.input;
  for (const [index, gene] of genome.entries()) {
    const name = `layers.${index}`;
    if (gene.kind === 'pooling') {
      if (Math.min(height, width) < 2) {
        throw new InvalidInputError(
          `layer ${index + 1} pools an image of ${height}×${width}; pooling needs at least 2×2 pixels: use fewer pooling layers`,
          { details: { layer: index, height, width } },
        );
      }
      layers.push({ kind: 'pooling', name, pooling: gene.pooling });
      [height, width] = [Math.floor(height / 2), Math.floor(width / 2)];
    } else {
      const { filters1, filters2 } = gene;
      layers.push({ kind: 'skip', name, inputChannels: channels, filters1, filters2 });
      channels = filters2;
    }
  }
  layers.push({ kind: 'flatten', name: 'head.flatten' });
  layers.push({ kind: 'dense', name: 'head.dense', features: channels * height * width, units: problem.classes });
  return layers;
}
