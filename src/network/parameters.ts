// The parameters of a network and their positions: all trainable parameters form one flat vector, all running statistics
// another. An optimiser is therefore a handful of operators for any network, and the state of training is two buffers.

import { elementCount } from './graph/tensor-type.ts';
import type { Layer } from './layers.ts';

/** Initial values of a parameter: Glorot uniform (Glorot & Bengio 2010, eq. 16) or a constant. */
export type Initialiser =
  | { readonly kind: 'glorotUniform'; readonly fanIn: number; readonly fanOut: number }
  | { readonly kind: 'constant'; readonly value: number };

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Start of the tensor in its flat vector, in elements. */
  readonly offset: number;
  readonly size: number;
  readonly initialiser: Initialiser;
}

export interface ParameterLayout {
  readonly parameters: readonly ParameterSpec[];
  readonly statistics: readonly ParameterSpec[];
  readonly parameterCount: number;
  readonly statisticCount: number;
}

/**
 * Every tensor of the layers, in the order of the layers. Convolution weights are `[M, C, K, K]`, dense weights
 * `[features, units]`; statistics are the running mean and (biased) variance of each batch normalisation.
 */
export function layOutParameters(layers: readonly Layer[]): ParameterLayout {
  const parameters = new Vector();
  const statistics = new Vector();
  for (const layer of layers) {
    if (layer.kind === 'skip' || layer.kind === 'stage') {
      const { name, inputChannels, filters1, filters2 } = layer;
      addConvolution(parameters, `${name}.conv1`, inputChannels, filters1, 3);
      addNorm(parameters, statistics, `${name}.norm1`, filters1);
      addConvolution(parameters, `${name}.conv2`, filters1, filters2, 3);
      addNorm(parameters, statistics, `${name}.norm2`, filters2);
      if (layer.kind === 'skip' && layer.convolvesShortcut) {
        addConvolution(parameters, `${name}.shortcut`, inputChannels, filters2, 1);
      }
    } else if (layer.kind === 'dense') {
      const { name, features, units } = layer;
      parameters.add(`${name}.weight`, [features, units], { kind: 'glorotUniform', fanIn: features, fanOut: units });
      parameters.add(`${name}.bias`, [units], ZERO);
    }
  }
  return {
    parameters: parameters.specs,
    statistics: statistics.specs,
    parameterCount: parameters.size,
    statisticCount: statistics.size,
  };
}

const ZERO: Initialiser = { kind: 'constant', value: 0 };
const ONE: Initialiser = { kind: 'constant', value: 1 };

class Vector {
  readonly specs: ParameterSpec[] = [];
  size = 0;

  add(name: string, shape: readonly number[], initialiser: Initialiser): void {
    const size = elementCount(shape);
    this.specs.push({ name, shape, offset: this.size, size, initialiser });
    this.size += size;
  }
}

function addConvolution(parameters: Vector, name: string, from: number, to: number, kernel: number): void {
  const area = kernel * kernel;
  const initialiser = { kind: 'glorotUniform', fanIn: from * area, fanOut: to * area } as const;
  parameters.add(`${name}.weight`, [to, from, kernel, kernel], initialiser);
  parameters.add(`${name}.bias`, [to], ZERO);
}

function addNorm(parameters: Vector, statistics: Vector, name: string, channels: number): void {
  parameters.add(`${name}.scale`, [channels], ONE);
  parameters.add(`${name}.offset`, [channels], ZERO);
  statistics.add(`${name}.mean`, [channels], ZERO);
  statistics.add(`${name}.variance`, [channels], ONE);
}
