// Checks a lowered graph before encoding: every name is assigned once and before its use, and every output exists.

import { ShapeError } from '../../errors.ts';
import type { OnnxGraph } from './onnx-graph.ts';

/** @throws {ShapeError} naming the first node or name that breaks a rule. */
export function verifyOnnx(graph: OnnxGraph): void {
  const defined = new Set<string>();
  const define = (name: string, by: string) => {
    if (defined.has(name)) throw new ShapeError(`ONNX name ${name} is assigned twice, the second time by ${by}`);
    defined.add(name);
  };
  for (const input of graph.inputs) define(input.name, 'a graph input');
  for (const constant of graph.constants) {
    const elements = constant.shape.reduce((product, size) => product * size, 1);
    if (elements !== constant.data.length) {
      throw new ShapeError(
        `ONNX constant ${constant.name} of shape [${constant.shape}] has ${constant.data.length} values`,
      );
    }
    define(constant.name, 'a constant');
  }
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (input !== '' && !defined.has(input))
        throw new ShapeError(`ONNX ${node.opType} reads undefined name ${input}`);
    }
    for (const output of node.outputs) if (output !== '') define(output, node.opType);
  }
  for (const output of graph.outputs) {
    if (!defined.has(output.name)) throw new ShapeError(`ONNX output ${output.name} is never computed`);
  }
}
