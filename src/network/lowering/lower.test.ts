// Every operator on every engine, on the real runtimes: small tensors by hand, then random ones against the naive
// reference.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engines } from '../../../test/support/engines.ts';
import { naive } from '../../../test/support/naive-operators.ts';
import { type NaiveTensor, naiveTensor } from '../../../test/support/naive-tensor.ts';
import { caseSizes, operatorCase } from '../../../test/support/operator-cases.ts';
import { largestError, runGraph } from '../../../test/support/run-graph.ts';
import { type Graph, GraphBuilder, type Value } from '../graph/graph.ts';
import type { AttributesOf, OperatorName } from '../graph/operators.ts';
import { float32, type TensorType, tensor } from '../graph/tensor-type.ts';
import { plainRules } from './plain.ts';

const images = (height: number, width: number, channels = 1) => float32(2, channels, height, width);

/** Worked out once for all engines. */
const BANDED = [
  { height: 28, width: 28, kernel: 1 },
  { height: 32, width: 20, kernel: 3 },
  { height: 18, width: 64, kernel: 5 },
].map((size) => {
  const sizes = { batch: 3, channels: 2, filters: 60, ...size, features: 1, classes: 2, seed: 6 };
  const { types, inputs, attributes } = operatorCase('conv2dWeightGradient', sizes);
  const [expected = naiveTensor([0], [])] = naive('conv2dWeightGradient', inputs, attributes);
  return { ...size, types, inputs, attributes, expected };
});

describe.each(engines)('%s', (_, engine) => {
  /** Runs one operator. Training graphs know the size of their batches. */
  async function run<Op extends OperatorName>(
    op: Op,
    types: readonly TensorType[],
    inputs: readonly NaiveTensor[],
    attributes: AttributesOf<Op>,
  ): Promise<NaiveTensor[]> {
    const builder = new GraphBuilder();
    const values = types.map(({ dtype }, i) => builder.input(`input${i}`, tensor(dtype, ...(inputs[i]?.shape ?? []))));
    const outputs = builder.addMany(op, values, attributes);
    for (const [i, output] of outputs.entries()) builder.output(`output${i}`, output);
    const feeds = Object.fromEntries(inputs.map((input, i) => [`input${i}`, input]));
    return Object.values(await runGraph(builder.build(), feeds, { engine }));
  }

  describe('by hand', () => {
    it('convolves with zeros around the image', async () => {
      const types = [images(2, 2), float32(1, 1, 3, 3), float32(1)];
      const x = naiveTensor([1, 1, 2, 2], [1, 2, 3, 4]);
      const kernel = naiveTensor([1, 1, 3, 3], [1, 0, 0, 0, 10, 0, 0, 0, 100]);
      const [y] = await run('conv2d', types, [x, kernel, naiveTensor([1], [0.5])], {});
      expect(y).toEqual(naiveTensor([1, 1, 2, 2], [410.5, 20.5, 30.5, 41.5]));
    });

    it('drops the last row and column of odd sizes in pooling, and gives them no gradient', async () => {
      const x = naiveTensor([1, 1, 3, 3], [1, 5, 90, 2, 3, 90, 90, 90, 90]);
      const [maximum] = await run('maxPool', [images(3, 3)], [x], {});
      expect(maximum).toEqual(naiveTensor([1, 1, 1, 1], [5]));
      const [mean] = await run('meanPool', [images(3, 3)], [x], {});
      expect(mean).toEqual(naiveTensor([1, 1, 1, 1], [2.75]));
      const dy = naiveTensor([1, 1, 1, 1], [8]);
      const types = [images(1, 1), images(3, 3), images(1, 1)];
      const [dMaximum] = await run('maxPoolGradient', types, [dy, x, naiveTensor([1, 1, 1, 1], [5])], {});
      expect(dMaximum).toEqual(naiveTensor([1, 1, 3, 3], [0, 8, 0, 0, 0, 0, 0, 0, 0]));
      const [dMean] = await run('meanPoolGradient', [images(1, 1)], [dy], { height: 3, width: 3 });
      expect(dMean).toEqual(naiveTensor([1, 1, 3, 3], [2, 2, 0, 2, 2, 0, 0, 0, 0]));
    });

    it('shares the gradient of max pooling equally among tied maxima', async () => {
      const x = naiveTensor([1, 1, 2, 8], [7, 7, 0, 0, 3, 1, 2, 9, 1, 1, 0, 0, 3, 3, 2, 2]);
      const y = naiveTensor([1, 1, 1, 4], [7, 0, 3, 9]);
      const dy = naiveTensor([1, 1, 1, 4], [12, 12, 12, 12]);
      const [dx] = await run('maxPoolGradient', [images(1, 4), images(2, 8), images(1, 4)], [dy, x, y], {});
      expect(dx?.data).toEqual(Float64Array.of(6, 6, 3, 3, 4, 0, 0, 12, 0, 0, 3, 3, 4, 4, 0, 0));
    });

    it('normalises with the statistics of the batch, the variance biased', async () => {
      const types = [images(1, 2), float32(1), float32(1)];
      const inputs = [naiveTensor([2, 1, 1, 2], [1, 3, 5, 7]), naiveTensor([1], [2]), naiveTensor([1], [10])];
      const [y, mean, variance] = await run('batchNormTraining', types, inputs, { epsilon: 4 });
      expect(mean?.data).toEqual(Float64Array.of(4));
      expect(variance?.data).toEqual(Float64Array.of(5));
      expect(largestError(y, naiveTensor([2, 1, 1, 2], [8, 10 - 2 / 3, 10 + 2 / 3, 12]))).toBeLessThan(1e-6);
    });

    it.each([
      [1, 1],
      [1, 4],
      [4, 1],
    ])('convolves images of %i×%i, whose rows and columns are all at an edge', async (height, width) => {
      const sizes = { batch: 2, channels: 3, filters: 17, height, width, kernel: 3, features: 1, classes: 2, seed: 5 };
      for (const op of ['conv2d', 'conv2dInputGradient', 'conv2dWeightGradient'] as const) {
        const { types, inputs, attributes } = operatorCase<OperatorName>(op, sizes);
        const [output] = await run<OperatorName>(op, types, inputs, attributes);
        const [expected = naiveTensor([0], [])] = naive<OperatorName>(op, inputs, attributes);
        expect(largestError(output, expected), op).toBeLessThan(2e-5);
      }
    });

    it.each(BANDED)(
      'sums the weight gradient of images of $height×$width, kernel $kernel, that are cut into bands',
      async ({ types, inputs, attributes, expected }) => {
        const [output] = await run('conv2dWeightGradient', types, inputs, attributes);
        expect(largestError(output, expected)).toBeLessThan(2e-5);
      },
    );

    it('normalises what is small beside its mean', async () => {
      const values = Array.from({ length: 2 * 49 }, (_, i) => 1000 + Math.sin(i));
      const inputs = [
        naiveTensor([2, 1, 7, 7], Float32Array.from(values)),
        naiveTensor([1], [1]),
        naiveTensor([1], [0]),
      ];
      const types = [images(7, 7), float32(1), float32(1)];
      const outputs = await run('batchNormTraining', types, inputs, { epsilon: 1e-3 });
      for (const [i, expected] of naive('batchNormTraining', inputs, { epsilon: 1e-3 }).entries()) {
        expect(largestError(outputs[i], expected)).toBeLessThan(1e-3);
      }
    });

    it('takes ReLU to have slope 0 at 0', async () => {
      const inputs = [naiveTensor([1, 4], [5, 6, 7, 8]), naiveTensor([1, 4], [0, 1e-3, 0, 1e9])];
      const [dx] = await run('reluGradient', [float32('N', 4), float32('N', 4)], inputs, {});
      expect(dx?.data).toEqual(Float64Array.of(0, 6, 0, 8));
    });

    it('takes the cross-entropy of logits too large for exp', async () => {
      const types = [float32('N', 2), tensor('int32', 'N')];
      const inputs = [naiveTensor([2, 2], [1000, 0, 0, 1000]), naiveTensor([2], [0, 0])];
      const [loss] = await run('softmaxCrossEntropy', types, inputs, { reduction: 'mean' });
      expect(loss).toEqual(naiveTensor([], [500]));
      const [gradient] = await run('softmaxCrossEntropyGradient', types, inputs, {});
      expect(gradient?.data).toEqual(Float64Array.of(0, 0, -0.5, 0.5));
    });

    it('takes the first of equal logits as the answer', async () => {
      const logits = naiveTensor([2, 3], [1, 4, 4, 2, 2, 2]);
      expect(await run('argMax', [float32('N', 3)], [logits], {})).toEqual([naiveTensor([2], [1, 0])]);
      const types = [float32('N', 3), tensor('int32', 'N')];
      const counted = await run('correctCount', types, [logits, naiveTensor([2], [1, 2])], {});
      expect(counted).toEqual([naiveTensor([], [1])]);
    });
  });

  describe('against the naive reference', () => {
    const given = (op: string) => !(op === 'dropout' && engine.lowering.takesMasks);
    it.each(Object.keys(plainRules).filter(given) as OperatorName[])('computes %s', async (op) => {
      await fc.assert(
        fc.asyncProperty(caseSizes, async (sizes) => {
          const { types, inputs, attributes } = operatorCase(op, sizes);
          const outputs = await run(op, types, inputs, attributes);
          const expected = naive(op, inputs, attributes);
          expect(outputs.length).toBe(expected.length);
          for (const [i, output] of expected.entries()) expect(largestError(outputs[i], output)).toBeLessThan(2e-5);
        }),
        { numRuns: 12, seed: 1 },
      );
    });
  });

  describe('batch normalisation in training mode', () => {
    const EPSILON = { epsilon: 1e-3 };
    const x = naiveTensor([2, 3, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13]);
    const affine = {
      scale0: naiveTensor([3], [1, -2, 3]),
      offset0: naiveTensor([3], [0, 1, 2]),
      scale1: naiveTensor([3], [2, 0.5, -1]),
      offset1: naiveTensor([3], [-1, 0, 1]),
    };

    /** Two norms of one width, the second over the first's output, and nodes that read constants of that width. */
    function twoNorms(): Graph {
      const builder = new GraphBuilder();
      const input = builder.input('x', images(1, 2, 3));
      const zeros = builder.add('zeros', [], { shape: [3] });
      const packed: Value[] = [zeros];
      let value = input;
      for (const i of [0, 1]) {
        const [scale, offset] = [builder.input(`scale${i}`, float32(3)), builder.input(`offset${i}`, float32(3))];
        const outputs = builder.addMany('batchNormTraining', [value, scale, offset], EPSILON);
        const [y, mean, variance] = outputs as readonly [Value, Value, Value];
        const gradients = builder.addMany('batchNormGradient', [input, value, scale, mean, variance], EPSILON);
        for (const [k, output] of [...outputs, ...gradients].entries()) builder.output(`${i}.${k}`, output);
        packed.push(mean, variance, zeros);
        value = y;
      }
      builder.output('packed', builder.add('pack', packed, {}));
      return builder.build();
    }

    it.each([1, 2, 3])('overwrites neither constants nor another norm’s statistics (run %i)', async (runs) => {
      const actual = await runGraph(twoNorms(), { x, ...affine }, { runs, engine });
      const packed = [0, 0, 0];
      let value = x;
      for (const i of [0, 1] as const) {
        const [scale, offset] = [affine[`scale${i}`], affine[`offset${i}`]];
        const outputs = naive('batchNormTraining', [value, scale, offset], EPSILON);
        const [y, mean, variance] = outputs as readonly [NaiveTensor, NaiveTensor, NaiveTensor];
        const gradients = naive('batchNormGradient', [x, value, scale, mean, variance], EPSILON);
        for (const [k, expected] of [...outputs, ...gradients].entries()) {
          expect(largestError(actual[`${i}.${k}`], expected), `norm ${i}, output ${k}`).toBeLessThan(1e-5);
        }
        packed.push(...mean.data, ...variance.data, 0, 0, 0);
        value = y;
      }
      expect(largestError(actual.packed, naiveTensor([packed.length], packed))).toBeLessThan(1e-5);
    });

    it('keeps apart two norms that share scale and offset', async () => {
      const builder = new GraphBuilder();
      const [a, b] = [builder.input('a', images(1, 2, 3)), builder.input('b', images(1, 2, 3))];
      const shared = [builder.input('scale0', float32(3)), builder.input('offset0', float32(3))];
      for (const [name, value] of [['a', a] as const, ['b', b] as const]) {
        const outputs = builder.addMany('batchNormTraining', [value, ...shared], EPSILON);
        for (const [k, output] of outputs.entries()) builder.output(`${name}.${k}`, output);
      }
      const doubled = { ...x, data: x.data.map((value) => 2 * value * value) };
      const actual = await runGraph(builder.build(), { a: x, b: doubled, ...affine }, { runs: 2, engine });
      for (const [name, value] of [['a', x] as const, ['b', doubled] as const]) {
        const inputs = [value, affine.scale0, affine.offset0];
        for (const [k, expected] of naive('batchNormTraining', inputs, EPSILON).entries()) {
          expect(largestError(actual[`${name}.${k}`], expected)).toBeLessThan(1e-5);
        }
      }
    });
  });
});
