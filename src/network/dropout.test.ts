// Dropout draws its masks in the runtime: what can be known of them is tested here.

import { describe, expect, it } from 'vitest';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import type { HeadLayer } from '../genome/head.ts';
import { parseGenome } from '../genome/text.ts';
import { compileGraph } from './compile.ts';
import { type Graph, GraphBuilder } from './graph/graph.ts';
import { float32 } from './graph/tensor-type.ts';
import { buildEvaluationGraph, buildTrainingGraph, createNetwork } from './training-graph.ts';

const runtime = await loadNodeRuntime();
const RATE = 0.3;

describe('dropout', () => {
  it('zeroes about its rate of the values, scales up the rest, and lets just their gradients through', async () => {
    const [{ y, dx }] = await run(dropoutGraph(1), 1);
    const dropped = y.filter((value) => value === 0).length / y.length;
    expect(dropped).toBeGreaterThan(RATE - 0.03);
    expect(dropped).toBeLessThan(RATE + 0.03);
    for (const value of y) if (value !== 0) expect(value).toBeCloseTo(1 / (1 - RATE), 5);
    // x is all ones and dy all twos.
    expect(dx).toEqual(y.map((value) => Math.fround(2 * value)));
  });

  it('draws a new mask each step, the same ones for the same seed', async () => {
    const first = await run(dropoutGraph(1), 2);
    const again = await run(dropoutGraph(1), 2);
    const [other] = await run(dropoutGraph(2), 1);
    expect(first[0].y).not.toEqual(first[1]?.y);
    expect(first).toEqual(again);
    expect(first[0].y).not.toEqual(other.y);
  });

  it('is in the training graph with a seed for each layer, and not in the evaluation graph', () => {
    const head: HeadLayer[] = [
      { type: 'flatten' },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: 4, activation: 'relu' },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', units: 'classes' },
    ];
    const problem = { input: { channels: 1, height: 6, width: 6 }, classes: 2, head };
    const network = createNetwork(parseGenome('max'), problem, { mean: [0], std: [1] });
    const adam = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 } as const;
    const seeds = buildTrainingGraph(network, adam, { dropoutSeed: 40 }).nodes.flatMap((node) =>
      node.op === 'dropout' ? [node.attributes] : [],
    );
    expect(seeds).toEqual([
      { rate: 0.5, seed: 40 },
      { rate: 0.2, seed: 41 },
    ]);
    expect(buildEvaluationGraph(network).nodes.map(({ op }) => op)).not.toContain('dropout');
  });
});

interface Run {
  readonly y: readonly number[];
  readonly dx: readonly number[];
}

function dropoutGraph(seed: number): Graph {
  const builder = new GraphBuilder();
  const x = builder.input('x', float32('N', 500));
  const dy = builder.input('dy', float32('N', 500));
  const [y, mask] = builder.addMany('dropout', [x], { rate: RATE, seed });
  if (y === undefined || mask === undefined) throw new Error('dropout has two outputs');
  builder.output('y', y);
  builder.output('dx', builder.add('dropoutGradient', [dy, mask], { rate: RATE }));
  return builder.build();
}

async function run(graph: Graph, times: number): Promise<[Run, ...Run[]]> {
  const session = await runtime.createSession(compileGraph(graph));
  const filled = (value: number) => runtime.createTensor('float32', new Float32Array(4000).fill(value), [8, 500]);
  const runs: Run[] = [];
  for (let i = 0; i < times; i++) {
    const { y, dx } = await session.run({ x: filled(1), dy: filled(2) }, { y: null, dx: null });
    runs.push({ y: Array.from((y?.data ?? []) as Float32Array), dx: Array.from((dx?.data ?? []) as Float32Array) });
  }
  await session.release();
  return runs as [Run, ...Run[]];
}
