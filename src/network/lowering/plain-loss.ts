// Plain lowering of the operators after the logits: probabilities, losses, counts.

import type { Node } from '../graph/graph.ts';
import type { LossAttributes, OperatorName } from '../graph/operators.ts';
import { staticSize } from '../graph/tensor-type.ts';
import type { LoweringRule, LoweringRules } from './lower.ts';
import { int, type OnnxBuilder } from './onnx-graph.ts';

type LossOperator =
  | 'softmaxCrossEntropy'
  | 'softmaxCrossEntropyGradient'
  | 'meanSquaredError'
  | 'meanSquaredErrorGradient';

const FLOAT = int(1);
const INT64 = int(7);
const CLASSES = { axis: int(1) };

export const lossRules: Pick<LoweringRules, LossOperator | 'softmax' | 'argMax' | 'correctCount'> = {
  softmax: (_, inputs, { onnx }) => [onnx.add('Softmax', inputs, CLASSES)],
  argMax: (_, [x = ''], { onnx }) => [argMax(onnx, x)],

  softmaxCrossEntropy: crossEntropyRule((onnx, logits) => onnx.add('LogSoftmax', [logits], CLASSES)),

  softmaxCrossEntropyGradient(node, [logits = '', labels = ''], context) {
    const { onnx } = context;
    const probabilities = onnx.add('Softmax', [logits], CLASSES);
    const difference = onnx.add('Sub', [probabilities, target(onnx, node, labels)]);
    return [onnx.add('Div', [weighted(onnx, node, difference, labels), context.batchSize(node.inputs[0])])];
  },

  meanSquaredError(node, [logits = '', labels = ''], { onnx }) {
    const difference = onnx.add('Sub', [onnx.add('Softmax', [logits], CLASSES), target(onnx, node, labels)]);
    const losses = onnx.add('ReduceMean', [onnx.add('Mul', [difference, difference])], {
      axes: { kind: 'ints', value: [1] },
    });
    return [reduce(onnx, node, weighted(onnx, node, losses, labels))];
  },

  // Through the softmax p: dlogits = 2/K · p ⊙ (d − Σ d·p), where d = p − target.
  meanSquaredErrorGradient(node, [logits = '', labels = ''], context) {
    const { onnx } = context;
    const probabilities = onnx.add('Softmax', [logits], CLASSES);
    const difference = onnx.add('Sub', [probabilities, target(onnx, node, labels)]);
    const mean = onnx.add('ReduceSum', [onnx.add('Mul', [difference, probabilities]), onnx.integers(1)]);
    const centred = onnx.add('Mul', [probabilities, onnx.add('Sub', [difference, mean])]);
    const scaled = onnx.add('Mul', [centred, onnx.scalar(2 / classesOf(node))]);
    return [onnx.add('Div', [weighted(onnx, node, scaled, labels), context.batchSize(node.inputs[0])])];
  },

  correctCount(_, [logits = '', labels = ''], { onnx }) {
    const right = onnx.add('Equal', [argMax(onnx, logits), onnx.add('Cast', [labels], { to: INT64 })]);
    return [onnx.add('ReduceSum', [onnx.add('Cast', [right], { to: FLOAT })], { keepdims: int(0) })];
  },
};

/** @param logSoftmax  writes the logarithms of the probabilities of `logits`, `[N, K]`. */
export function crossEntropyRule(
  logSoftmax: (onnx: OnnxBuilder, logits: string) => string,
): LoweringRule<'softmaxCrossEntropy'> {
  return (node, [logits = '', labels = ''], { onnx }) => {
    const picked = onnx.add('Mul', [logSoftmax(onnx, logits), target(onnx, node, labels)]);
    const losses = onnx.add('Neg', [onnx.add('ReduceSum', [picked, onnx.integers(1)])]);
    return [reduce(onnx, node, weighted(onnx, node, losses, labels))];
  };
}

/** `[N, K]` */
function target(onnx: OnnxBuilder, node: Node<LossOperator>, labels: string): string {
  const smoothing = node.attributes.labelSmoothing ?? 0;
  const hard = oneHot(onnx, labels, classesOf(node));
  if (smoothing === 0) return hard;
  return onnx.once(`smooth ${labels} ${smoothing}`, () =>
    onnx.add('Add', [onnx.add('Mul', [hard, onnx.scalar(1 - smoothing)]), onnx.scalar(smoothing / classesOf(node))]),
  );
}

/** Rows of `[N, …]` times the weight of their label's class. */
function weighted(onnx: OnnxBuilder, node: Node<LossOperator>, rows: string, labels: string): string {
  const { classWeights } = node.attributes as LossAttributes;
  if (classWeights === undefined) return rows;
  const weights = onnx.once(`class weights ${labels} ${classWeights}`, () =>
    onnx.add('MatMul', [oneHot(onnx, labels, classesOf(node)), onnx.floats(classWeights, [classWeights.length, 1])]),
  );
  return onnx.add('Mul', [rows, weights]);
}

/** `[N, 1]` → scalar */
function reduce(onnx: OnnxBuilder, node: Node<'softmaxCrossEntropy' | 'meanSquaredError'>, losses: string): string {
  return onnx.add(node.attributes.reduction === 'mean' ? 'ReduceMean' : 'ReduceSum', [losses], { keepdims: int(0) });
}

function oneHot(onnx: OnnxBuilder, labels: string, classes: number): string {
  return onnx.once(`one-hot ${labels} ${classes}`, () => {
    const column = onnx.add('Reshape', [labels, onnx.integers(-1, 1)]);
    const numbers = onnx.int32s(
      Array.from({ length: classes }, (_, i) => i),
      [1, classes],
    );
    return onnx.add('Cast', [onnx.add('Equal', [column, numbers])], { to: FLOAT });
  });
}

function argMax(onnx: OnnxBuilder, x: string): string {
  return onnx.add('ArgMax', [x], { axis: int(1), keepdims: int(0) });
}

function classesOf(node: Node<OperatorName>): number {
  return staticSize(node.inputs[0]?.type.shape[1]);
}
