// The forward pass of a network in double precision, from the naive operators.

import type { Layer, PoolingLayer, SkipLayer, StageLayer } from '../../src/network/layers.ts';
import type { ParameterSpec } from '../../src/network/parameters.ts';
import type { Network } from '../../src/network/training-graph.ts';
import { naiveOne } from './naive-operators.ts';
import type { NaiveTensor } from './naive-tensor.ts';

/** Keras' default, which the networks use; stated again so that a change there is noticed. */
const NORM_EPSILON = { epsilon: 1e-3 };

export interface NaiveBatch {
  /** `[N, C, H, W]`, raw pixels. */
  readonly image: NaiveTensor;
  /** `[N]`. */
  readonly labels: NaiveTensor;
}

/** Mean loss of a batch, batch normalisation by the batch's own statistics. */
export function naiveLoss(network: Network, parameters: Float64Array, { image, labels }: NaiveBatch): number {
  const { mean, std } = network.normalisation;
  const pass = new NaivePass(network.layout.parameters, parameters);
  const normalised = naiveOne('normalise', [image], { mean, std });
  const logits = network.layers.reduce((x, layer) => pass.layer(layer, x), normalised);
  return naiveOne('softmaxCrossEntropy', [logits, labels], { reduction: 'mean' }).data[0] ?? Number.NaN;
}

class NaivePass {
  readonly #tensors: ReadonlyMap<string, NaiveTensor>;

  constructor(specs: readonly ParameterSpec[], flat: Float64Array) {
    this.#tensors = new Map(
      specs.map(({ name, shape, offset, size }) => [name, { shape, data: flat.subarray(offset, offset + size) }]),
    );
  }

  layer(layer: Layer, x: NaiveTensor): NaiveTensor {
    switch (layer.kind) {
      case 'skip':
        return this.#skip(layer, x);
      case 'stage':
        return this.#stage(layer, x);
      case 'pooling':
        return pool(layer, x);
      case 'flatten':
        return naiveOne('flatten', [x], {});
      case 'globalAveragePooling':
        return naiveOne('globalAveragePool', [x], {});
      case 'dropout':
        return naiveOne('dropout', [x], { rate: layer.rate, seed: 0 });
      case 'dense': {
        const y = naiveOne('dense', [x, this.#tensor(`${layer.name}.weight`), this.#tensor(`${layer.name}.bias`)], {});
        return layer.activation === 'relu' ? naiveOne('relu', [y], {}) : y;
      }
    }
  }

  #skip({ name, convolvesShortcut }: SkipLayer, x: NaiveTensor): NaiveTensor {
    const hidden = naiveOne('relu', [this.#norm(`${name}.norm1`, this.#convolution(`${name}.conv1`, x))], {});
    const main = this.#norm(`${name}.norm2`, this.#convolution(`${name}.conv2`, hidden));
    const shortcut = convolvesShortcut ? this.#convolution(`${name}.shortcut`, x) : x;
    return naiveOne('relu', [naiveOne('add', [main, shortcut], {})], {});
  }

  #stage({ name, pooling }: StageLayer, x: NaiveTensor): NaiveTensor {
    const pooled = pool({ pooling }, this.#convolution(`${name}.conv1`, x));
    const hidden = naiveOne('relu', [this.#norm(`${name}.norm1`, pooled)], {});
    return naiveOne('relu', [this.#norm(`${name}.norm2`, this.#convolution(`${name}.conv2`, hidden))], {});
  }

  #convolution(name: string, x: NaiveTensor): NaiveTensor {
    return naiveOne('conv2d', [x, this.#tensor(`${name}.weight`), this.#tensor(`${name}.bias`)], {});
  }

  #norm(name: string, x: NaiveTensor): NaiveTensor {
    const affine = [this.#tensor(`${name}.scale`), this.#tensor(`${name}.offset`)];
    return naiveOne('batchNormTraining', [x, ...affine], NORM_EPSILON);
  }

  #tensor(name: string): NaiveTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new RangeError(`there is no tensor ${name}`);
    return tensor;
  }
}

function pool({ pooling }: Pick<PoolingLayer, 'pooling'>, x: NaiveTensor): NaiveTensor {
  return naiveOne(pooling === 'max' ? 'maxPool' : 'meanPool', [x], {});
}
