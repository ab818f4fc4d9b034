// What every accelerator needs.

import { float32 } from '../network/graph/tensor-type.ts';
import { OnnxBuilder } from '../network/lowering/onnx-graph.ts';
import { encodeOnnx } from '../network/onnx/onnx-bytes.ts';

/** For a session that only holds the device. */
export function smallestModel(): Uint8Array {
  const onnx = new OnnxBuilder();
  onnx.addNamed('Relu', ['x'], ['y']);
  const value = (name: string) => ({ name, type: float32(1) });
  return encodeOnnx({ inputs: [value('x')], outputs: [value('y')], nodes: onnx.nodes, constants: [] });
}
