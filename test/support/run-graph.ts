// Runs graphs of the intermediate representation on the real runtime, and compares what comes out.

import { loadNodeRuntime } from '../../src/engine/node/onnxruntime-node.ts';
import type { Runtime, RuntimeTensor } from '../../src/engine/runtime.ts';
import { compileGraph } from '../../src/network/compile.ts';
import type { Graph } from '../../src/network/graph/graph.ts';
import type { DType } from '../../src/network/graph/tensor-type.ts';
import { type NaiveTensor, naiveTensor } from './naive-tensor.ts';

export const runtime = await loadNodeRuntime();

/** Input name → values, of the dtype that the graph's input has. */
export type Feeds = Readonly<Record<string, NaiveTensor>>;

/**
 * Runs a graph in one session, once unless told otherwise.
 *
 * @returns the outputs of the last run, in the order of the graph's outputs.
 */
export async function runGraph(
  graph: Graph,
  feeds: Feeds,
  { runs = 1, engine = runtime }: { readonly runs?: number; readonly engine?: Runtime } = {},
): Promise<Record<string, NaiveTensor>> {
  const session = await engine.createSession(compileGraph(graph, engine.lowering));
  try {
    const fetches = Object.fromEntries([...graph.outputs.keys()].map((name) => [name, null]));
    let outputs: Readonly<Record<string, RuntimeTensor>> = {};
    for (let run = 0; run < runs; run++) outputs = await session.run(tensorsOf(engine, graph, feeds), fetches);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { dims, data }]) => [name, naiveTensor(dims, Array.from(data, Number))]),
    );
  } finally {
    await session.release();
  }
}

/** Largest difference, in units of the largest expected value (at least 1). Infinite if the shapes differ. */
export function largestError(actual: NaiveTensor | undefined, expected: NaiveTensor): number {
  if (actual === undefined || String(actual.shape) !== String(expected.shape)) return Number.POSITIVE_INFINITY;
  const scale = expected.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  return expected.data.reduce((largest, value, i) => {
    const error = Math.abs(value - (actual.data[i] ?? Number.NaN)) / scale;
    return error <= largest ? largest : error;
  }, 0);
}

function tensorsOf(engine: Runtime, graph: Graph, feeds: Feeds): Record<string, RuntimeTensor> {
  return Object.fromEntries(
    graph.inputs.map(({ name, type }) => {
      const { shape = [], data = [] } = feeds[name] ?? {};
      return [name, engine.createTensor(type.dtype, typedValues(type.dtype, data), shape)];
    }),
  );
}

export function typedValues(dtype: DType, data: ArrayLike<number>) {
  return TYPED_ARRAYS[dtype](data);
}

const TYPED_ARRAYS: Readonly<
  Record<DType, (values: ArrayLike<number>) => Float32Array | Uint8Array | Int32Array | BigInt64Array>
> = {
  float32: (values) => Float32Array.from(values),
  uint8: (values) => Uint8Array.from(values),
  int32: (values) => Int32Array.from(values),
  int64: (values) => BigInt64Array.from(Array.from(values, BigInt)),
  bool: (values) => Uint8Array.from(values),
};
