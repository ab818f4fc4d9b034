// What every accelerator needs.

import { EngineError } from '../errors.ts';
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

/** How WebGPU says that a graph exceeds a limit of the device: more buffers for a shader than it binds, or a larger one. */
const BEYOND_LIMITS =
  /Too many storage buffers in shader[^\n]*|Invalid Buffer[^\n]* is invalid due to a previous error/;

/** The error of a run, with the cure if the network is too large for the device. */
export function explainedError(error: unknown): unknown {
  const [limit] = BEYOND_LIMITS.exec(error instanceof Error ? error.message : '') ?? [];
  if (limit === undefined) return error;
  return new EngineError(
    `the network is too large for the graphics processor (${limit}); take smaller batches or images, or limit the networks' size`,
    { details: { limit }, cause: error },
  );
}
