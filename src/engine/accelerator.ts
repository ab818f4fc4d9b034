// What every accelerator needs.

import { float32 } from '../network/graph/tensor-type.ts';
import { OnnxBuilder } from '../network/lowering/onnx-graph.ts';
import { encodeOnnx } from '../network/onnx/onnx-bytes.ts';

/** Copies a vector: for a session that holds the device, and reads what lies there. */
export function copyingModel(): Uint8Array {
  const onnx = new OnnxBuilder();
  onnx.addNamed('Identity', ['x'], ['y']);
  const value = (name: string) => ({ name, type: float32('N') });
  return encodeOnnx({ inputs: [value('x')], outputs: [value('y')], nodes: onnx.nodes, constants: [] });
}
