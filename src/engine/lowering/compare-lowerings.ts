// Holds a lowering against the plain one on a tiny network that has every kind of layer, in training and in scoring.

import { compileGraph } from '../../network/compile.ts';
import { everyLayer } from '../../network/every-layer.ts';
import type { Graph } from '../../network/graph/graph.ts';
import type { Lowering } from '../../network/lowering/lower.ts';
import { plain } from '../../network/lowering/plain.ts';
import { buildEvaluationGraph, buildGradientGraph } from '../../network/training-graph.ts';
import { createRng } from '../../random/rng.ts';
import type { Runtime, RuntimeTensor } from '../runtime.ts';
import { initialiseState } from '../state/initialise.ts';

const BATCH = 18;
/** Of the largest value. Rounding alone is a hundred times smaller. */
const TOLERANCE = 1e-3;

/** @returns what differs; undefined if nothing does. */
export async function disagreement(runtime: Runtime, lowering: Lowering): Promise<string | undefined> {
  const network = everyLayer();
  const rng = createRng('lowerings');
  const { parameters, statistics } = initialiseState(network.layout, rng);
  const { channels, height, width } = network.problem.input;
  const pixels = Uint8Array.from({ length: BATCH * channels * height * width }, () => rng.integer(0, 255));
  const labels = Int32Array.from({ length: BATCH }, (_, i) => i % network.problem.classes);
  const batch = {
    image: runtime.createTensor('uint8', pixels, [BATCH, channels, height, width]),
    labels: runtime.createTensor('int32', labels, [BATCH]),
    parameters: runtime.createTensor('float32', parameters, [parameters.length]),
  };
  const scored = { ...batch, statistics: runtime.createTensor('float32', statistics, [statistics.length]) };
  return (
    (await compare(runtime, lowering, buildGradientGraph(network, { batchSize: BATCH }), batch)) ??
    (await compare(runtime, lowering, buildEvaluationGraph(network), scored))
  );
}

type Tensors = Readonly<Record<string, RuntimeTensor>>;

async function compare(
  runtime: Runtime,
  lowering: Lowering,
  graph: Graph,
  feeds: Tensors,
): Promise<string | undefined> {
  const expected = await run(runtime, plain, graph, feeds);
  let actual: Tensors;
  try {
    actual = await run(runtime, lowering, graph, feeds);
  } catch (error) {
    return `it fails with "${error instanceof Error ? error.message : String(error)}"`;
  }
  for (const name of graph.outputs.keys()) {
    const error = largestError(valuesOf(actual[name]), valuesOf(expected[name]));
    if (!(error <= TOLERANCE)) return `its ${name} differs by ${error.toPrecision(2)} from what plain graphs compute`;
  }
  return undefined;
}

async function run(runtime: Runtime, lowering: Lowering, graph: Graph, feeds: Tensors): Promise<Tensors> {
  const session = await runtime.createSession(compileGraph(graph, lowering));
  try {
    return await session.run(feeds, Object.fromEntries([...graph.outputs.keys()].map((name) => [name, null])));
  } finally {
    await session.release();
  }
}

function valuesOf(tensor: RuntimeTensor | undefined): readonly number[] {
  return Array.from(tensor?.data ?? [], Number);
}

function largestError(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-3);
  return Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN)) / scale));
}
