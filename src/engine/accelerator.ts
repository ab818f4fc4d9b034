// What sessions on every accelerator have in common.

import { float32 } from '../network/graph/tensor-type.ts';
import { OnnxBuilder } from '../network/lowering/onnx-graph.ts';
import { encodeOnnx } from '../network/onnx/onnx-bytes.ts';

/** Nothing of a step may run on the processor instead, and sums must not depend on the order in which threads end. */
export const ACCELERATOR_OPTIONS = {
  extra: { session: { disable_cpu_ep_fallback: '1', use_deterministic_compute: '1' } },
};

/** For a session that only holds the device. */
export function smallestModel(): Uint8Array {
  const onnx = new OnnxBuilder();
  onnx.addNamed('Relu', ['x'], ['y']);
  const value = (name: string) => ({ name, type: float32(1) });
  return encodeOnnx({ inputs: [value('x')], outputs: [value('y')], nodes: onnx.nodes, constants: [] });
}
