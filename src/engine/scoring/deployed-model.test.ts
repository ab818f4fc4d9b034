import { describe, expect, it } from 'vitest';
import { pixelsOf } from '../../../test/support/data-fixtures.ts';
import { readOnnx } from '../../../test/support/read-onnx.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { brightOrDark, TOY_SHAPE, TOY_TRAINING, toyNetwork } from '../../../test/support/toy-data.ts';
import { EngineError } from '../../errors.ts';
import { compileDeployable } from '../../network/deployable-graph.ts';
import { encodeOnnx } from '../../network/onnx/onnx-bytes.ts';
import { toMetadataProps } from '../../network/onnx/onnx-metadata.ts';
import { createRng } from '../../random/rng.ts';
import { train } from '../training/train.ts';
import { DeployedModel } from './deployed-model.ts';
import { Scorer } from './scorer.ts';

const METADATA = { classes: ['dark', 'bright'], genome: '', version: '0.0.0' };
const examples = brightOrDark(30);
const indices = Int32Array.from(examples.labels.keys());
// Labels that half contradict the images, so that accuracy is neither 0 nor 1.
const mixed = { ...examples, labels: examples.labels.map((label, i) => (i % 3 === 0 ? 1 - label : label)) };

async function trained(genome: string) {
  const network = toyNetwork(genome);
  const data = { examples, train: indices.subarray(0, 20), validation: indices.subarray(20) };
  const { best } = await train(runtime, network, { ...TOY_TRAINING, epochs: 1 }, data, createRng(1));
  return {
    network,
    state: best,
    bytes: encodeOnnx(compileDeployable(network, best), { metadata: toMetadataProps(METADATA) }),
  };
}

describe.each(['', 'max', '2-4-max', 'mean-4-2-2-4'])('the deployed model of "%s"', async (genome) => {
  const { network, state, bytes } = await trained(genome);

  it('scores as the training engine does', async () => {
    const vector = (values: Float32Array) => runtime.createTensor('float32', values, [values.length]);
    const scorer = await Scorer.create(runtime, network, 7);
    const statistics = state.statistics.length > 0 && { statistics: vector(state.statistics) };
    const expected = await scorer.score({ parameters: vector(state.parameters), ...statistics }, mixed, indices);
    const model = await DeployedModel.load(runtime, bytes, 'model.onnx');
    const actual = await model.score(mixed, TOY_SHAPE, 4);
    expect(actual.accuracy).toBe(expected.accuracy);
    expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(1e-5 * expected.loss);
    await Promise.all([scorer.release(), model.release()]);
  });

  it('answers with probabilities and the likeliest label, whatever the size of the batch', async () => {
    const model = await DeployedModel.load(runtime, bytes, 'model.onnx');
    const { labels, probabilities } = await model.predict(pixelsOf(examples), TOY_SHAPE);
    expect(labels).toHaveLength(examples.count);
    for (const [i, label] of labels.entries()) {
      const [dark = 0, bright = 0] = probabilities.subarray(2 * i, 2 * i + 2);
      expect(dark + bright).toBeCloseTo(1, 6);
      expect(label).toBe(dark >= bright ? 0 : 1);
    }
    const [one] = (await model.predict(pixelsOf(examples).subarray(64, 128), TOY_SHAPE)).labels;
    expect(one).toBe(labels[1]);
    await model.release();
  });

  it('uses standard operators only, raw float pixels in, weights inside under their names', () => {
    const { graph, operatorSets, metadata } = readOnnx(bytes);
    expect(new Set(graph.nodes.map(({ domain }) => domain))).toEqual(new Set(['']));
    expect(operatorSets).toEqual({ '': 17 });
    expect(graph.inputs).toEqual([{ name: 'image', type: { dtype: 'float32', shape: ['N', 1, 8, 8] } }]);
    expect(graph.outputs).toEqual([
      { name: 'probabilities', type: { dtype: 'float32', shape: ['N', 2] } },
      { name: 'label', type: { dtype: 'int64', shape: ['N'] } },
    ]);
    const constants = new Map(graph.constants.map((constant) => [constant.name, constant]));
    for (const { name, shape, offset, size } of network.layout.parameters) {
      expect(constants.get(name)).toEqual({ name, shape, data: state.parameters.slice(offset, offset + size) });
    }
    expect(metadata).toEqual({ classes: '["dark","bright"]', genome: '', auto_cnn_version: '0.0.0' });
  });
});

describe('DeployedModel', () => {
  it('refuses images of another shape, naming it', async () => {
    const model = await DeployedModel.load(runtime, (await trained('max')).bytes, 'model.onnx');
    const answer = model.predict(new Uint8Array(2 * 81), { channels: 1, height: 9, width: 9 });
    await expect(answer).rejects.toThrow(EngineError);
    await expect(answer).rejects.toThrow('[2, 1, 9, 9]');
    await model.release();
  });

  it('says so if the runtime refuses the graph', async () => {
    const { bytes } = await trained('max');
    const { graph, metadata } = readOnnx(bytes);
    const broken = { ...graph, nodes: graph.nodes.map((node) => ({ ...node, opType: 'NoSuchOperator' })) };
    const loading = DeployedModel.load(runtime, encodeOnnx(broken, { metadata }), 'model.onnx');
    await expect(loading).rejects.toThrow(EngineError);
  });
});
