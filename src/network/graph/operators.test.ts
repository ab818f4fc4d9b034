import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { naive } from '../../../test/support/naive-operators.ts';
import { caseSizes, operatorCase } from '../../../test/support/operator-cases.ts';
import { ShapeError } from '../../errors.ts';
import { plainRules } from '../lowering/plain.ts';
import { type AttributesOf, inferTypes, type OperatorName } from './operators.ts';
import { float32, formatType, type TensorType, tensor } from './tensor-type.ts';

const OPERATORS = Object.keys(plainRules) as OperatorName[];
/** These take tensors of any rank, or inputs of any number. */
const ANY_RANK: readonly OperatorName[] = ['pack', 'relu', 'add', 'reluGradient'];
const ANY_COUNT: readonly OperatorName[] = ['pack'];
const ANY_DTYPE: readonly OperatorName[] = ['normalise'];

function refusalOf(infer: () => unknown): ShapeError {
  try {
    infer();
  } catch (error) {
    if (error instanceof ShapeError) return error;
    throw error;
  }
  throw new Error('the types were accepted');
}

function expectRefusal<Op extends OperatorName>(op: Op, types: readonly TensorType[], attributes: AttributesOf<Op>) {
  const error = refusalOf(() => inferTypes(op, types, attributes));
  expect(error.message).toContain(op);
  expect(error.message).toContain(types.map(formatType).join(', ') || 'nothing');
  expect(error.details).toEqual({ operator: op, inputs: types.map(formatType) });
}

describe('inferTypes', () => {
  it.each(OPERATORS)('predicts the output shapes of %s', (op) => {
    fc.assert(
      fc.property(caseSizes, (sizes) => {
        const { types, inputs, attributes } = operatorCase(op, sizes);
        const actual = inferTypes(op, types, attributes).map(({ shape }) =>
          shape.map((size) => (size === 'N' ? sizes.batch : size)),
        );
        expect(actual).toEqual(naive(op, inputs, attributes).map(({ shape }) => shape));
      }),
      { numRuns: 20, seed: 3 },
    );
  });

  it.each(OPERATORS)('refuses %s with an input too few or too many, of another element type or another rank', (op) => {
    fc.assert(
      fc.property(caseSizes, (sizes) => {
        const { types, attributes } = operatorCase(op, sizes);
        if (!ANY_COUNT.includes(op)) {
          expectRefusal(op, [...types, float32(1)], attributes);
          if (types.length > 0) expectRefusal(op, types.slice(1), attributes);
        }
        for (const [i, type] of types.entries()) {
          const dtype = type.dtype === 'int32' ? 'float32' : 'int32';
          if (!ANY_DTYPE.includes(op)) expectRefusal(op, types.with(i, { ...type, dtype }), attributes);
          if (ANY_RANK.includes(op)) continue;
          expectRefusal(op, types.with(i, { ...type, shape: [...type.shape, 1] }), attributes);
          if (type.shape.length > 0) expectRefusal(op, types.with(i, { ...type, shape: [] }), attributes);
        }
      }),
      { numRuns: 5, seed: 4 },
    );
  });

  const image = float32('N', 3, 7, 5);
  const vector = float32(3);
  const refused: readonly (readonly [OperatorName, string, readonly TensorType[], unknown])[] = [
    ['normalise', 'another number of channels', [tensor('uint8', 'N', 3, 7, 5)], { mean: [1], std: [1] }],
    ['normalise', 'fewer deviations than means', [tensor('uint8', 'N', 3, 7, 5)], { mean: [1, 2, 3], std: [1] }],
    ['unpack', 'shapes that need more', [float32(5)], { shapes: [[2], [2, 2]] }],
    ['unpack', 'shapes that need less', [float32(5)], { shapes: [[2], [2]] }],
    ['pack', 'no input', [], {}],
    ['conv2d', 'a kernel over other channels', [image, float32(4, 2, 3, 3), float32(4)], {}],
    ['conv2d', 'an even kernel', [image, float32(4, 3, 2, 2), float32(4)], {}],
    ['conv2d', 'a kernel that is not square', [image, float32(4, 3, 3, 1), float32(4)], {}],
    ['conv2d', 'a bias of another length', [image, float32(4, 3, 3, 3), float32(3)], {}],
    ['conv2dInputGradient', 'a kernel of other filters', [image, float32(4, 3, 3, 3)], {}],
    ['conv2dInputGradient', 'an even kernel', [image, float32(3, 4, 2, 2)], {}],
    ['conv2dInputGradient', 'a kernel that is not square', [image, float32(3, 4, 1, 3)], {}],
    ['conv2dWeightGradient', 'another image size', [image, float32('N', 4, 5, 7)], { kernel: 3 }],
    ['conv2dWeightGradient', 'a fixed batch', [image, float32(2, 4, 7, 5)], { kernel: 3 }],
    ['conv2dWeightGradient', 'an even kernel', [image, float32('N', 4, 7, 5)], { kernel: 2 }],
    ['channelSum', 'three axes', [float32('N', 3, 7)], {}],
    ['batchNormTraining', 'a scale of another length', [image, float32(4), vector], { epsilon: 1 }],
    ['batchNormTraining', 'an offset of another length', [image, vector, float32(4)], { epsilon: 1 }],
    [
      'batchNormGradient',
      'dy and x that differ',
      [image, float32('N', 3, 7, 7), vector, vector, vector],
      { epsilon: 1 },
    ],
    ['batchNormGradient', 'a mean of another length', [image, image, vector, float32(1), vector], { epsilon: 1 }],
    ['batchNorm', 'a variance of another length', [image, vector, vector, vector, float32(1)], { epsilon: 1 }],
    ['reluGradient', 'dy and y that differ', [image, float32('N', 3, 5, 7)], {}],
    ['add', 'terms that differ', [image, float32('N', 3, 7, 1)], {}],
    ['maxPool', 'one row', [float32('N', 3, 1, 5)], {}],
    ['maxPool', 'one column', [float32('N', 3, 5, 1)], {}],
    ['meanPool', 'one row', [float32('N', 3, 1, 5)], {}],
    ['maxPoolGradient', 'dy rounded up', [float32('N', 3, 4, 3), image, float32('N', 3, 3, 2)], {}],
    ['maxPoolGradient', 'y rounded up', [float32('N', 3, 3, 2), image, float32('N', 3, 4, 3)], {}],
    ['meanPoolGradient', 'a size that pools to another', [float32('N', 3, 3, 2)], { height: 8, width: 5 }],
    ['unflatten', 'another number of features', [float32('N', 12)], { shape: [3, 2, 3] }],
    ['dense', 'a weight of other features', [float32('N', 6), float32(5, 3), vector], {}],
    ['dense', 'a bias of another length', [float32('N', 6), float32(6, 3), float32(6)], {}],
    ['denseInputGradient', 'a weight of other units', [float32('N', 4), float32(6, 3)], {}],
    ['denseWeightGradient', 'a fixed batch', [float32('N', 6), float32(2, 3)], {}],
    ['softmaxCrossEntropy', 'float labels', [float32('N', 3), float32('N')], { reduction: 'mean' }],
    ['softmaxCrossEntropy', 'one label a class', [float32('N', 3), tensor('int32', 3)], { reduction: 'mean' }],
    ['softmaxCrossEntropyGradient', 'one label a class', [float32('N', 3), tensor('int32', 3)], {}],
    ['correctCount', 'int64 labels', [float32('N', 3), tensor('int64', 'N')], {}],
    ['movingAverage', 'vectors that differ', [float32(4), vector, float32()], {}],
    ['movingAverage', 'a rate for each', [vector, vector, vector], {}],
    ['adamUpdate', 'a moment of another length', [vector, vector, vector, float32(4), float32(), float32()], {}],
    ['sgdUpdate', 'a gradient of another length', [vector, float32(4), vector, float32()], {}],
  ];
  it.each(refused)('refuses %s: %s', (op, _, types, attributes) => {
    expectRefusal(op, types, attributes as AttributesOf<typeof op>);
  });

  it('says what is wrong, with operator and types', () => {
    const types = [float32('N', 1, 28, 28), float32(8, 3, 3, 3), float32(8)];
    expect(refusalOf(() => inferTypes('conv2d', types, {})).message).toBe(
      'conv2d needs [8, 1, 3, 3] for input 1, received float32[N, 1, 28, 28], float32[8, 3, 3, 3], float32[8]',
    );
  });
});
