// Compiles a graph to ONNX bytes with a lowering.

import type { Graph } from './graph/graph.ts';
import { type Lowering, lower } from './lowering/lower.ts';
import { plain } from './lowering/plain.ts';
import { encodeOnnx } from './onnx/onnx-bytes.ts';

export function compileGraph(graph: Graph, lowering: Lowering = plain): Uint8Array {
  return encodeOnnx(lower(graph, lowering));
}
