import { describe, expect, it } from 'vitest';
import { readOnnx } from '../../../test/support/read-onnx.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { parseGenome } from '../../genome/text.ts';
import { float32, tensor } from '../graph/tensor-type.ts';
import { lower } from '../lowering/lower.ts';
import { float, type OnnxGraph, type OnnxNode } from '../lowering/onnx-graph.ts';
import { plain } from '../lowering/plain.ts';
import { buildTrainingGraph, createNetwork } from '../training-graph.ts';
import { encodeOnnx } from './onnx-bytes.ts';

/** One of everything that a graph can hold. */
const GRAPH: OnnxGraph = {
  inputs: [
    { name: 'image', type: tensor('uint8', 'N', 3, 28, 300) },
    { name: 'labels', type: tensor('int32', 'N') },
    { name: 'rate', type: float32() },
  ],
  outputs: [{ name: 'label', type: tensor('int64', 'N') }],
  constants: [
    { name: 'floats', shape: [2, 2], data: Float32Array.of(0.1, -0, Number.MAX_VALUE, Number.NaN) },
    { name: 'scalar', shape: [], data: Float32Array.of(1.5) },
    { name: 'integers', shape: [2], data: BigInt64Array.of(-1n, 2n ** 40n) },
    { name: 'int32s', shape: [2, 1], data: Int32Array.of(-5, 5) },
    // A view into the middle of a buffer.
    { name: 'view', shape: [2], data: Float32Array.of(1, 2, 3, 4).subarray(1, 3) },
  ],
  nodes: [
    {
      opType: 'Fancy',
      domain: 'com.example',
      inputs: ['image', '', 'floats'],
      outputs: ['a', 'b'],
      attributes: {
        alpha: { kind: 'float', value: 0.25 },
        axis: { kind: 'int', value: -1 },
        zero: { kind: 'int', value: 0 },
        mode: { kind: 'string', value: 'nearest, näher' },
        pads: { kind: 'ints', value: [0, -1, 300, 2 ** 40] },
        none: { kind: 'ints', value: [] },
      },
    },
    { opType: 'Identity', domain: '', inputs: ['a'], outputs: ['label'], attributes: {} },
  ],
};

describe('encodeOnnx', () => {
  it('writes what reads back as the same graph', () => {
    expect(readOnnx(encodeOnnx(GRAPH)).graph).toEqual(GRAPH);
  });

  it('states the versions, each operator set once, and the producer', () => {
    const model = readOnnx(encodeOnnx(GRAPH, { producerVersion: '1.2.3' }));
    expect(model).toMatchObject({ irVersion: 8, producer: 'auto-cnn', producerVersion: '1.2.3' });
    expect(model.operatorSets).toEqual({ '': 17, 'com.example': 1 });
    expect(readOnnx(encodeOnnx(GRAPH)).producerVersion).toBeUndefined();
  });

  it('writes metadata in any script', () => {
    const metadata = { genome: '128-64-max', classes: '["猫","a\\"b",""]', empty: '' };
    expect(readOnnx(encodeOnnx(GRAPH, { metadata })).metadata).toEqual(metadata);
  });

  it('writes the same bytes for the same graph', () => {
    expect(encodeOnnx(GRAPH)).toEqual(encodeOnnx(structuredClone(GRAPH)));
  });

  it('writes a training graph that reads back the same and that the runtime takes', async () => {
    const network = createNetwork(
      parseGenome('4-8-max-mean'),
      { input: { channels: 3, height: 9, width: 8 }, classes: 4 },
      { mean: [1, 2, 3], std: [4, 5, 6] },
    );
    const settings = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;
    const graph = lower(buildTrainingGraph(network, settings), plain);
    const bytes = encodeOnnx(graph);
    expect(readOnnx(bytes).graph).toEqual({ ...graph, nodes: graph.nodes.map(withFloat32Attributes) });
    await (await runtime.createSession(bytes)).release();
  });
});

function withFloat32Attributes(node: OnnxNode): OnnxNode {
  const attributes = Object.entries(node.attributes).map(
    ([name, attribute]) =>
      [name, attribute.kind === 'float' ? float(Math.fround(attribute.value)) : attribute] as const,
  );
  return { ...node, attributes: Object.fromEntries(attributes) };
}
