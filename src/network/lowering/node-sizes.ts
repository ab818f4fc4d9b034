// Sizes that the rules of every lowering read off a node.

import type { Node } from '../graph/graph.ts';
import type { OperatorName } from '../graph/operators.ts';
import { staticSize } from '../graph/tensor-type.ts';
import { ints } from './onnx-graph.ts';

/** @throws {ShapeError} if the size is the batch's. */
export function sizeOf(node: Node<OperatorName>, input: number, axis: number): number {
  return staticSize(node.inputs[input]?.type.shape[axis]);
}

/** Padding on all sides that keeps the size, for an odd kernel. */
export function samePads(kernel: number) {
  const pad = (kernel - 1) / 2;
  return ints(pad, pad, pad, pad);
}
