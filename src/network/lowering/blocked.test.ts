// What the blocked lowering fuses, and that fusing never changes what a graph computes.

import { describe, expect, it } from 'vitest';
import { blockSize } from '../../../test/support/engines.ts';
import { naiveTensor } from '../../../test/support/naive-tensor.ts';
import { largestError, runGraph, runtime } from '../../../test/support/run-graph.ts';
import { parseGenome } from '../../genome/text.ts';
import { createRng } from '../../random/rng.ts';
import { type Graph, GraphBuilder, type Value } from '../graph/graph.ts';
import { float32 } from '../graph/tensor-type.ts';
import { buildEvaluationGraph, buildTrainingGraph, createNetwork } from '../training-graph.ts';
import { blocked } from './blocked.ts';
import { BLOCKED_DOMAIN, Layouts } from './blocked-layouts.ts';
import { lower } from './lower.ts';
import { OnnxBuilder, type OnnxNode } from './onnx-graph.ts';
import { plain } from './plain.ts';

const ADAM = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 } as const;
const network = createNetwork(
  parseGenome('16-32-max'),
  { input: { channels: 1, height: 6, width: 6 }, classes: 2 },
  { mean: [0], std: [1] },
);

const isConvolution = ({ opType, domain }: OnnxNode) => opType === 'Conv' && domain === BLOCKED_DOMAIN;
const hasRelu = ({ attributes }: OnnxNode) => attributes.activation !== undefined;

describe('blocked', () => {
  it('keeps the inputs and outputs of the graph', () => {
    const graph = buildTrainingGraph(network, ADAM, { batchSize: 4 });
    const [ours, plains] = [lower(graph, blocked(16)), lower(graph, plain)];
    expect(ours.inputs).toEqual(plains.inputs);
    expect(ours.outputs).toEqual(plains.outputs);
  });

  it('needs no operator of its own for ReLU and for adding the shortcut', () => {
    const { nodes } = lower(buildTrainingGraph(network, ADAM, { batchSize: 4 }), blocked(16));
    expect(nodes.filter(({ opType }) => opType === 'Relu')).toEqual([]);
    expect(nodes.filter((node) => isConvolution(node) && hasRelu(node))).toHaveLength(2);
  });

  it('makes the gradient of a ReLU before max pooling part of the pooling’s', () => {
    const { nodes } = lower(buildTrainingGraph(network, ADAM, { batchSize: 4 }), blocked(16));
    const steps = nodes.filter(({ opType }) => opType === 'HardSigmoid');
    const pooled = nodes.find(({ opType }) => opType === 'MaxPool')?.outputs[0];
    // Of two ReLUs, and of the pixels that are the maximum of their window.
    expect(steps).toHaveLength(3);
    expect(steps.map(({ inputs }) => inputs[0])).toContain(pooled);
  });

  it('cuts large images into bands whose gradients fit the cache', () => {
    const problem = { input: { channels: 3, height: 32, width: 32 }, classes: 2 };
    const large = createNetwork(parseGenome('64-64-max-64-64'), problem, { mean: [0, 0, 0], std: [1, 1, 1] });
    const { nodes } = lower(buildTrainingGraph(large, ADAM, { batchSize: 16 }), blocked(16));
    const gradients = nodes.filter((node) => isConvolution(node) && node.attributes.dilations !== undefined);
    const kernels = gradients.map(({ attributes }) => attributes.kernel_shape);
    expect(kernels).toContainEqual({ kind: 'ints', value: [8, 32] });
    expect(kernels).toContainEqual({ kind: 'ints', value: [16, 16] });
    expect(kernels).not.toContainEqual({ kind: 'ints', value: [32, 32] });
  });

  it('scores a skip layer with its three convolutions alone', () => {
    const { nodes } = lower(buildEvaluationGraph(network), blocked(16));
    expect(nodes.filter(isConvolution)).toHaveLength(3);
    expect(nodes.filter((node) => isConvolution(node) && hasRelu(node))).toHaveLength(2);
  });

  it('uses standard operators and the blocked ones only', () => {
    const { nodes } = lower(buildTrainingGraph(network, ADAM, { batchSize: 4 }), blocked(16));
    expect(new Set(nodes.map(({ domain }) => domain))).toEqual(new Set(['', BLOCKED_DOMAIN]));
  });
});

const cases: Readonly<Record<string, (add: GraphBuilder, convolved: Value, other: Value, vector: Value) => Value[]>> = {
  'a convolution that a ReLU and somebody else read': (builder, convolved) => [
    builder.add('relu', [convolved], {}),
    builder.add('maxPool', [convolved], {}),
  ],
  'a convolution added to itself': (builder, convolved) => [builder.add('add', [convolved, convolved], {})],
  'a sum of three convolutions': (builder, convolved, other) => {
    const sum = builder.add('add', [convolved, other], {});
    return [builder.add('relu', [builder.add('add', [sum, convolved], {})], {}), sum];
  },
  'a ReLU of a sum that is read too': (builder, convolved, other) => {
    const sum = builder.add('add', [other, convolved], {});
    return [builder.add('relu', [sum], {}), sum];
  },
  'a normalised sum': (builder, convolved, other, vector) => {
    const sum = builder.add('add', [convolved, other], {});
    return [builder.add('batchNorm', [sum, vector, vector, vector, vector], { epsilon: 1 })];
  },
  'a convolution that is normalised and read as it is': (builder, convolved, _, vector) => [
    builder.add('relu', [builder.add('batchNorm', [convolved, vector, vector, vector, vector], { epsilon: 1 })], {}),
    convolved,
  ],
};

describe.runIf(blockSize !== undefined)('blocked, with consumers in unusual places', () => {
  it.each(Object.entries(cases))('computes %s', async (_, build) => {
    const rng = createRng(1);
    const random = (...shape: number[]) => {
      const count = shape.reduce((product, size) => product * size, 1);
      return naiveTensor(
        shape,
        Array.from({ length: count }, () => Math.fround(rng.uniform())),
      );
    };
    const feeds = {
      x: random(2, 16, 4, 5),
      weight: random(16, 16, 3, 3),
      otherWeight: random(16, 16, 1, 1),
      vector: random(16),
    };
    const graph = convolutionsThen(build);
    const expected = await runGraph(graph, feeds);
    const actual = await runGraph(graph, feeds, { engine: { ...runtime, lowering: blocked(blockSize ?? 0) } });
    for (const name of graph.outputs.keys()) {
      expect(largestError(actual[name], expected[name] ?? naiveTensor([0], []))).toBeLessThan(1e-5);
    }
  });
});

function convolutionsThen(build: (builder: GraphBuilder, a: Value, b: Value, vector: Value) => Value[]): Graph {
  const builder = new GraphBuilder();
  const x = builder.input('x', float32(2, 16, 4, 5));
  const weights = [builder.input('weight', float32(16, 16, 3, 3)), builder.input('otherWeight', float32(16, 16, 1, 1))];
  const vector = builder.input('vector', float32(16));
  const [a, b] = weights.map((weight) => builder.add('conv2d', [x, weight, vector], {})) as [Value, Value];
  for (const [i, value] of build(builder, a, b, vector).entries()) builder.output(`output${i}`, value);
  return builder.build();
}

describe('Layouts', () => {
  it('converts a value once, however many ask for it', () => {
    const layouts = new Layouts(new OnnxBuilder(), 8);
    expect(layouts.blocked('x', 8)).toBe(layouts.blocked('x', 8));
    const y = layouts.define('y', 8);
    expect(layouts.blocked(y, 8)).toBe('y');
    expect(layouts.plain(y)).toBe(layouts.plain(y));
    expect(layouts.onnx.nodes.map(({ opType }) => opType)).toEqual(['ReorderInput', 'ReorderOutput']);
  });

  it('emits no unused convolution, and a used one only once', () => {
    const layouts = new Layouts(new OnnxBuilder(), 8);
    const emit = () => layouts.onnx.add('Conv', ['x', 'w'], {}, BLOCKED_DOMAIN);
    layouts.defer({ fused: {}, emit }, 8);
    const needed = layouts.defer({ fused: {}, emit }, 8);
    expect(layouts.blocked(needed, 8)).toBe(layouts.blocked(needed, 8));
    expect(layouts.pending(needed)).toBeUndefined();
    expect(layouts.onnx.nodes).toHaveLength(1);
  });

  it('fills channels up to whole blocks', () => {
    const layouts = new Layouts(new OnnxBuilder(), 8);
    expect([1, 8, 9].map((channels) => layouts.padded(channels))).toEqual([8, 8, 16]);
    expect(layouts.padVector('v', 8)).toBe('v');
    expect(layouts.padVector('v', 9)).not.toBe('v');
  });
});
