// Writes the forward pass of a network into a graph.

import { ShapeError } from '../errors.ts';
import type { PoolingType } from '../genome/genome.ts';
import type { GraphBuilder, Value } from './graph/graph.ts';
import type { DenseLayer, DropoutLayer, Layer, SkipLayer, StageLayer } from './layers.ts';

/** Keras' default. */
const NORM_EPSILON = 1e-3;

export interface ForwardTensors {
  /** Trainable parameters by name. */
  readonly parameters: ReadonlyMap<string, Value>;
  /** Running statistics by name; without them, batch normalisation uses the statistics of the batch. */
  readonly statistics?: ReadonlyMap<string, Value>;
  /** In training: seed of the dropout masks. */
  readonly dropoutSeed?: number;
  /** In training: the masks of dropout are inputs of the graph, `mask0` and so on. */
  readonly takesMasks?: boolean;
}

export interface ForwardResult {
  /** `[N, classes]`, before the softmax. */
  readonly logits: Value;
  /** Mean and variance of the batch for each normalisation, in the order of the layout; empty with running statistics. */
  readonly batchStatistics: readonly Value[];
}

/**
 * @param image  `[N, C, H, W]`, normalised.
 */
export function buildForward(
  builder: GraphBuilder,
  image: Value,
  layers: readonly Layer[],
  tensors: ForwardTensors,
): ForwardResult {
  const pass = new ForwardPass(builder, tensors);
  const logits = layers.reduce((x, layer) => pass.layer(layer, x), image);
  return { logits, batchStatistics: pass.batchStatistics };
}

class ForwardPass {
  readonly batchStatistics: Value[] = [];
  readonly #builder: GraphBuilder;
  readonly #tensors: ForwardTensors;
  #dropouts = 0;

  constructor(builder: GraphBuilder, tensors: ForwardTensors) {
    this.#builder = builder;
    this.#tensors = tensors;
  }

  layer(layer: Layer, x: Value): Value {
    switch (layer.kind) {
      case 'skip':
        return this.#skip(layer, x);
      case 'stage':
        return this.#stage(layer, x);
      case 'pooling':
        return this.#pool(layer.pooling, x);
      case 'flatten':
        return this.#builder.add('flatten', [x], {});
      case 'globalAveragePooling':
        return this.#builder.add('globalAveragePool', [x], {});
      case 'dropout':
        return this.#dropout(layer, x);
      case 'dense':
        return this.#dense(layer, x);
    }
  }

  #skip({ name, convolvesShortcut }: SkipLayer, x: Value): Value {
    const hidden = this.#norm(`${name}.norm1`, this.#convolution(`${name}.conv1`, x));
    const activated = this.#builder.add('relu', [hidden], {});
    const main = this.#norm(`${name}.norm2`, this.#convolution(`${name}.conv2`, activated));
    const shortcut = convolvesShortcut ? this.#convolution(`${name}.shortcut`, x) : x;
    return this.#builder.add('relu', [this.#builder.add('add', [main, shortcut], {})], {});
  }

  /** Pooling before the normalisation leaves it, and everything behind it, a quarter of the pixels. */
  #stage({ name, pooling }: StageLayer, x: Value): Value {
    const pooled = this.#pool(pooling, this.#convolution(`${name}.conv1`, x));
    const hidden = this.#builder.add('relu', [this.#norm(`${name}.norm1`, pooled)], {});
    return this.#builder.add('relu', [this.#norm(`${name}.norm2`, this.#convolution(`${name}.conv2`, hidden))], {});
  }

  #pool(pooling: PoolingType, x: Value): Value {
    return this.#builder.add(pooling === 'max' ? 'maxPool' : 'meanPool', [x], {});
  }

  #convolution(name: string, x: Value): Value {
    return this.#builder.add('conv2d', [x, this.#parameter(`${name}.weight`), this.#parameter(`${name}.bias`)], {});
  }

  #norm(name: string, x: Value): Value {
    const affine = [this.#parameter(`${name}.scale`), this.#parameter(`${name}.offset`)];
    const { statistics } = this.#tensors;
    if (statistics !== undefined) {
      const running = [lookUp(statistics, `${name}.mean`), lookUp(statistics, `${name}.variance`)];
      return this.#builder.add('batchNorm', [x, ...affine, ...running], { epsilon: NORM_EPSILON });
    }
    const outputs = this.#builder.addMany('batchNormTraining', [x, ...affine], { epsilon: NORM_EPSILON });
    const [y, ...batch] = outputs as readonly [Value, Value, Value];
    this.batchStatistics.push(...batch);
    return y;
  }

  #dense({ name, activation }: DenseLayer, x: Value): Value {
    const parameters = [this.#parameter(`${name}.weight`), this.#parameter(`${name}.bias`)];
    const y = this.#builder.add('dense', [x, ...parameters], {});
    return activation === 'relu' ? this.#builder.add('relu', [y], {}) : y;
  }

  /** Active only if the statistics of the batch are used, that is, in training. */
  #dropout({ rate }: DropoutLayer, x: Value): Value {
    if (this.#tensors.statistics !== undefined || rate === 0) return x;
    const index = this.#dropouts++;
    if (this.#tensors.takesMasks) {
      const mask = this.#builder.input(`mask${index}`, x.type);
      return this.#builder.add('applyMask', [x, mask], { rate });
    }
    const seed = (this.#tensors.dropoutSeed ?? 0) + index;
    return this.#builder.addMany('dropout', [x], { rate, seed })[0] as Value;
  }

  #parameter(name: string): Value {
    return lookUp(this.#tensors.parameters, name);
  }
}

function lookUp(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new ShapeError(`the network has no tensor ${name}`);
  return value;
}
