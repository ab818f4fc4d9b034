// Which block size the runtime's blocked layout has on this processor, if it has one.

import { float32 } from '../../network/graph/tensor-type.ts';
import { BLOCKED_DOMAIN } from '../../network/lowering/blocked-layouts.ts';
import { OnnxBuilder } from '../../network/lowering/onnx-graph.ts';
import { encodeOnnx } from '../../network/onnx/onnx-bytes.ts';
import type { Runtime } from '../runtime.ts';

/** A multiple of every block size there may be. */
const CHANNELS = 64;
const PIXELS = 3;

/**
 * Sends a ramp through the runtime's own reordering and looks where the numbers went.
 *
 * @returns channels a block; undefined where the runtime lacks the operators, or the order is not the one we know.
 */
export async function probeBlockSize(runtime: Runtime): Promise<number | undefined> {
  const onnx = new OnnxBuilder();
  onnx.addNamed('ReorderInput', ['x'], ['y'], {}, BLOCKED_DOMAIN);
  const type = float32(1, CHANNELS, 1, PIXELS);
  const value = (name: string) => ({ name, type });
  const graph = { inputs: [value('x')], outputs: [value('y')], nodes: onnx.nodes, constants: [] };
  try {
    const session = await runtime.createSession(encodeOnnx(graph));
    try {
      const ramp = Float32Array.from({ length: CHANNELS * PIXELS }, (_, i) => i);
      const x = runtime.createTensor('float32', ramp, [1, CHANNELS, 1, PIXELS]);
      const { y } = await session.run({ x }, { y: null });
      return blockSizeOf(Array.from(y?.data ?? [], Number));
    } finally {
      await session.release();
    }
  } catch {
    return undefined;
  }
}

/** The first block ends where the second pixel of channel 0 comes, whose number is 1. */
function blockSizeOf(reordered: readonly number[]): number | undefined {
  const size = reordered.indexOf(1);
  if (size < 2 || CHANNELS % size !== 0) return undefined;
  const expected = Array.from({ length: CHANNELS * PIXELS }, (_, i) => {
    const block = Math.floor(i / (size * PIXELS));
    const pixel = Math.floor(i / size) % PIXELS;
    return (block * size + (i % size)) * PIXELS + pixel;
  });
  return expected.every((number, i) => number === reordered[i]) ? size : undefined;
}
