// For every operator, inputs and attributes that fit it, from a few sizes and a seeded stream of numbers.

import fc from 'fast-check';
import type { AttributesOf, LossAttributes, OperatorName } from '../../src/network/graph/operators.ts';
import { float32, type Shape, type TensorType, tensor } from '../../src/network/graph/tensor-type.ts';
import { createRng, type Rng } from '../../src/random/rng.ts';
import { naiveOne } from './naive-operators.ts';
import { type NaiveTensor, naiveTensor } from './naive-tensor.ts';

export interface OperatorCase<Op extends OperatorName = OperatorName> {
  readonly types: readonly TensorType[];
  readonly inputs: readonly NaiveTensor[];
  readonly attributes: AttributesOf<Op>;
}

export interface CaseSizes {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly height: number;
  readonly width: number;
  readonly kernel: number;
  readonly features: number;
  readonly classes: number;
  readonly seed: number;
}

/**
 * Odd and even sizes, few and many channels (up to four are lowered in another way than more, and whole blocks in another
 * way than others), batches from one image.
 */
export const caseSizes: fc.Arbitrary<CaseSizes> = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  channels: fc.constantFrom(1, 3, 4, 5, 16, 19),
  filters: fc.constantFrom(1, 2, 5, 18),
  height: fc.integer({ min: 2, max: 7 }),
  width: fc.integer({ min: 2, max: 7 }),
  kernel: fc.constantFrom(1, 3),
  features: fc.integer({ min: 1, max: 6 }),
  classes: fc.integer({ min: 2, max: 5 }),
  seed: fc.nat(),
});

export function operatorCase<Op extends OperatorName>(op: Op, sizes: CaseSizes): OperatorCase<Op> {
  return CASES[op](new CaseBuilder(createRng(sizes.seed)), sizes);
}

const EPSILON = { epsilon: 1e-3 };

const CASES: { readonly [Op in OperatorName]: (make: CaseBuilder, sizes: CaseSizes) => OperatorCase<Op> } = {
  normalise(make, { batch, channels, height, width }) {
    make.input(tensor('uint8', 'N', channels, height, width), batch, (rng) => rng.integer(0, 255));
    const perChannel = (low: number, high: number) => make.numbers(channels, (rng) => rng.integer(low, high));
    return make.done({ mean: perChannel(0, 255), std: perChannel(1, 100) });
  },
  mirror(make, { batch, channels, height, width }) {
    make.floats(['N', channels, height, width], batch);
    return make.done({});
  },
  unpack(make, { channels, features, kernel }) {
    const shapes = [[channels, features], [channels], [features, 1, kernel, kernel]];
    make.floats([channels * features + channels + features * kernel * kernel]);
    return make.done({ shapes });
  },
  pack(make, { channels, features, kernel }) {
    for (const shape of [[channels, features], [channels], [features, 1, kernel, kernel]]) make.floats(shape);
    return make.done({});
  },
  zeros: (make, { channels, height }) => make.done({ shape: [channels, height] }),
  conv2d(make, { batch, channels, filters, height, width, kernel }) {
    make.floats(['N', channels, height, width], batch);
    make.floats([filters, channels, kernel, kernel]);
    make.floats([filters]);
    return make.done({});
  },
  conv2dInputGradient(make, { batch, channels, filters, height, width, kernel }) {
    make.floats(['N', filters, height, width], batch);
    make.floats([filters, channels, kernel, kernel]);
    return make.done({});
  },
  conv2dWeightGradient(make, { batch, channels, filters, height, width, kernel }) {
    make.floats(['N', channels, height, width], batch);
    make.floats(['N', filters, height, width], batch);
    return make.done({ kernel });
  },
  channelSum(make, { batch, channels, height, width, seed }) {
    make.floats(seed % 2 === 0 ? ['N', channels, height, width] : ['N', channels], batch);
    return make.done({});
  },
  batchNormTraining(make, { batch, channels, height, width }) {
    make.floats(['N', channels, height, width], batch);
    make.floats([channels]);
    make.floats([channels]);
    return make.done(EPSILON);
  },
  batchNormGradient(make, { batch, channels, height, width }) {
    make.floats(['N', channels, height, width], batch);
    make.floats(['N', channels, height, width], batch);
    make.floats([channels]);
    make.floats([channels]);
    make.positive([channels]);
    return make.done(EPSILON);
  },
  batchNorm(make, { batch, channels, height, width }) {
    make.floats(['N', channels, height, width], batch);
    for (let i = 0; i < 3; i++) make.floats([channels]);
    make.positive([channels]);
    return make.done(EPSILON);
  },
  relu(make, { batch, channels, height, width }) {
    make.floats(['N', channels, height, width], batch);
    return make.done({});
  },
  reluGradient(make, { batch, channels, height, width }) {
    make.floats(['N', channels, height, width], batch);
    make.input(float32('N', channels, height, width), batch, (rng) => Math.max(0, number(rng)));
    return make.done({});
  },
  add(make, { batch, channels, height, width }) {
    for (let i = 0; i < 2; i++) make.floats(['N', channels, height, width], batch);
    return make.done({});
  },
  average(make, { batch, classes }) {
    for (let i = 0; i < 3; i++) make.floats(['N', classes], batch);
    return make.done({ count: 3 });
  },
  maxPool(make, { batch, channels, height, width }) {
    make.floats(['N', channels, height, width], batch);
    return make.done({});
  },
  // Few different values, zero among them: most windows have tied maxima.
  maxPoolGradient(make, { batch, channels, height, width }) {
    const [h, w] = [Math.floor(height / 2), Math.floor(width / 2)];
    make.floats(['N', channels, h, w], batch);
    const x = make.input(float32('N', channels, height, width), batch, (rng) => rng.integer(-1, 1));
    make.values(float32('N', channels, h, w), naiveOne('maxPool', [x], {}));
    return make.done({});
  },
  meanPool(make, { batch, channels, height, width }) {
    make.floats(['N', channels, height, width], batch);
    return make.done({});
  },
  meanPoolGradient(make, { batch, channels, height, width }) {
    make.floats(['N', channels, Math.floor(height / 2), Math.floor(width / 2)], batch);
    return make.done({ height, width });
  },
  globalAveragePool(make, { batch, channels, height, width }) {
    make.floats(['N', channels, height, width], batch);
    return make.done({});
  },
  globalAveragePoolGradient(make, { batch, channels, height, width }) {
    make.floats(['N', channels], batch);
    return make.done({ height, width });
  },
  dropout(make, { batch, features }) {
    make.floats(['N', features], batch);
    return make.done({ rate: 0, seed: 1 });
  },
  applyMask(make, { batch, features }) {
    make.floats(['N', features], batch);
    make.input(float32('N', features), batch, (rng) => rng.integer(0, 1));
    return make.done({ rate: 0.25 });
  },
  dropoutGradient(make, { batch, features }) {
    make.floats(['N', features], batch);
    make.input(tensor('bool', 'N', features), batch, (rng) => rng.integer(0, 1));
    return make.done({ rate: 0.25 });
  },
  flatten(make, { batch, channels, height, width }) {
    make.floats(['N', channels, height, width], batch);
    return make.done({});
  },
  unflatten(make, { batch, channels, height, width }) {
    make.floats(['N', channels * height * width], batch);
    return make.done({ shape: [channels, height, width] });
  },
  dense(make, { batch, features, classes }) {
    make.floats(['N', features], batch);
    make.floats([features, classes]);
    make.floats([classes]);
    return make.done({});
  },
  denseInputGradient(make, { batch, features, classes }) {
    make.floats(['N', classes], batch);
    make.floats([features, classes]);
    return make.done({});
  },
  denseWeightGradient(make, { batch, features, classes }) {
    make.floats(['N', features], batch);
    make.floats(['N', classes], batch);
    return make.done({});
  },
  softmax(make, { batch, classes }) {
    make.floats(['N', classes], batch);
    return make.done({});
  },
  argMax(make, { batch, classes }) {
    make.floats(['N', classes], batch);
    return make.done({});
  },
  softmaxCrossEntropy: (make, sizes) =>
    make.classification(sizes).done({ ...lossAttributes(sizes), ...reduction(sizes) }),
  softmaxCrossEntropyGradient: (make, sizes) => make.classification(sizes).done(lossAttributes(sizes)),
  meanSquaredError: (make, sizes) => make.classification(sizes).done({ ...lossAttributes(sizes), ...reduction(sizes) }),
  meanSquaredErrorGradient: (make, sizes) => make.classification(sizes).done(lossAttributes(sizes)),
  correctCount: (make, sizes) => make.classification(sizes).done({}),
  movingAverage(make, { features }) {
    for (let i = 0; i < 2; i++) make.floats([features]);
    make.positive([]);
    return make.done({});
  },
  shrink(make, { features }) {
    make.floats([features]);
    make.positive([]);
    return make.done({});
  },
  adamUpdate(make, { features, seed }) {
    for (let i = 0; i < 3; i++) make.floats([features]);
    make.positive([features]);
    for (let i = 0; i < 2; i++) make.positive([]);
    return make.done({ beta1: 0.9, beta2: 0.99, weightDecay: seed % 2 === 0 ? 0 : 0.1 });
  },
  muonUpdate(make, { filters, channels, seed }) {
    for (let i = 0; i < 3; i++) make.floats([filters, channels * 9]);
    make.positive([]);
    return make.done({ momentum: seed % 2 === 0 ? 0.95 : 0.6 });
  },
  sgdUpdate(make, { features, seed }) {
    for (let i = 0; i < 3; i++) make.floats([features]);
    make.positive([]);
    return make.done({ momentum: 0.9, weightDecay: seed % 2 === 0 ? 0 : 0.1, nesterov: seed % 3 === 0 });
  },
  rmspropUpdate(make, { features, seed }) {
    for (let i = 0; i < 2; i++) make.floats([features]);
    make.positive([features]);
    make.positive([]);
    return make.done({ rho: 0.9, epsilon: 1e-7, weightDecay: seed % 2 === 0 ? 0 : 0.1 });
  },
};

function reduction({ seed }: CaseSizes): { reduction: 'mean' | 'sum' } {
  return { reduction: seed % 2 === 0 ? 'mean' : 'sum' };
}

/** Each of the two attributes in every second case. */
function lossAttributes({ seed, classes }: CaseSizes): LossAttributes {
  return {
    ...(seed % 3 > 0 && { labelSmoothing: 0.1 }),
    ...(seed % 5 > 1 && { classWeights: Array.from({ length: classes }, (_, i) => 0.5 + i) }),
  };
}

class CaseBuilder {
  readonly #rng: Rng;
  readonly #types: TensorType[] = [];
  readonly #inputs: NaiveTensor[] = [];

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  numbers(count: number, draw: (rng: Rng) => number): number[] {
    return Array.from({ length: count }, () => Math.fround(draw(this.#rng)));
  }

  /** Adds an input of the given type; `batch` stands for its 'N'. */
  input(type: TensorType, batch: number, draw: (rng: Rng) => number): NaiveTensor {
    const shape = type.shape.map((size) => (size === 'N' ? batch : size));
    const count = shape.reduce((product, size) => product * size, 1);
    return this.values(type, naiveTensor(shape, this.numbers(count, draw)));
  }

  values(type: TensorType, values: NaiveTensor): NaiveTensor {
    this.#types.push(type);
    this.#inputs.push(values);
    return values;
  }

  floats(shape: Shape, batch = 1): NaiveTensor {
    return this.input(float32(...shape), batch, number);
  }

  positive(shape: Shape): NaiveTensor {
    return this.input(float32(...shape), 1, (rng) => 0.1 + rng.uniform());
  }

  classification({ batch, classes }: CaseSizes): this {
    this.floats(['N', classes], batch);
    this.input(tensor('int32', 'N'), batch, (rng) => rng.integer(0, classes - 1));
    return this;
  }

  done<Op extends OperatorName>(attributes: AttributesOf<Op>): OperatorCase<Op> {
    return { types: this.#types, inputs: this.#inputs, attributes };
  }
}

function number(rng: Rng): number {
  return 4 * rng.uniform() - 2;
}
