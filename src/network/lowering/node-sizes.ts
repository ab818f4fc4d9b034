// Sizes that the rules of all lowerings read from a node.

import type { Node } from '../graph/graph.ts';
import type { OperatorName } from '../graph/operators.ts';
import { staticSize } from '../graph/tensor-type.ts';
import { ints } from './onnx-graph.ts';

/** @throws {ShapeError} if the axis is the batch dimension. */
export function sizeOf(node: Node<OperatorName>, input: number, axis: number): number {
  return staticSize(node.inputs[input]?.type.shape[axis]);
}

/** Padding that keeps the image size, for an odd kernel. */
export function samePads(kernel: number) {
  const pad = (kernel - 1) / 2;
  return ints(pad, pad, pad, pad);
}
