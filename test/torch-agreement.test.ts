// The whole training step against PyTorch: gradients, statistics, updates, twenty steps of training.

import { describe, expect, it } from 'vitest';
import type { Runtime, RuntimeTensor } from '../src/engine/runtime.ts';
import { parseGenome } from '../src/genome/text.ts';
import { compileGraph } from '../src/network/compile.ts';
import type { Graph } from '../src/network/graph/graph.ts';
import { createOptimiser, type OptimiserSettings } from '../src/network/graph/optimiser.ts';
import type { ParameterSpec } from '../src/network/parameters.ts';
import {
  buildEvaluationGraph,
  buildGradientGraph,
  buildTrainingGraph,
  createNetwork,
  nextName,
} from '../src/network/training-graph.ts';
import { engines } from './support/engines.ts';
import { bytes, floats, ints, type TorchFixture, type TorchTraining, torchFixtures } from './support/torch-fixture.ts';

const cases = engines.flatMap(([title, engine]) => torchFixtures().map((fixture) => ({ title, engine, ...fixture })));

describe.each(cases)('$name ($genome), $title', ({ engine, ...fixture }) => {
  const { channels, height, width } = fixture.input;
  const network = createNetwork(
    parseGenome(fixture.genome),
    { input: fixture.input, classes: fixture.classes },
    { mean: [...floats(fixture.normalisation.mean)], std: [...floats(fixture.normalisation.std)] },
  );
  const initial = flatten(network.layout.parameters, fixture.parameters);
  const batches = fixture.batches.map(({ images, labels }) => ({
    image: engine.createTensor('uint8', bytes(images), [fixture.batchSize, channels, height, width]),
    labels: engine.createTensor('int32', ints(labels), [fixture.batchSize]),
  }));
  const vector = (data: Float32Array) => engine.createTensor('float32', data, [data.length]);
  const scalar = (value: number) => engine.createTensor('float32', Float32Array.of(value), []);

  it('lays out the parameters as PyTorch names and shapes them', () => {
    const shapes = Object.entries(fixture.parameters).map(([name, { shape }]) => [name, shape]);
    expect(network.layout.parameters.map(({ name, shape }) => [name, shape])).toEqual(shapes);
  });

  it('computes the loss, the logits and every gradient of one step', async () => {
    const graph = buildGradientGraph(network, { batchSize: fixture.batchSize });
    const [outputs = {}] = await runEach(engine, graph, [{ ...batches[0], parameters: vector(initial) }]);
    expect(Math.abs((outputs.loss?.[0] ?? 0) - fixture.forward.loss)).toBeLessThan(1e-5);
    expect(relativeError(outputs.logits, floats(fixture.forward.logits))).toBeLessThan(1e-4);
    for (const spec of network.layout.parameters) {
      const expected = floats(fixture.gradients[spec.name] as never);
      expect(relativeError(slice(outputs.gradient, spec), expected), spec.name).toBeLessThan(1e-4);
    }
    for (const spec of network.layout.statistics) {
      const expected = floats(fixture.batchStatistics[spec.name] as never);
      expect(relativeError(slice(outputs.batchStatistics, spec), expected), spec.name).toBeLessThan(1e-4);
    }
  });

  it('scores with the running statistics, not the batch’s own', async () => {
    const statistics = flatten(network.layout.statistics, fixture.batchStatistics);
    const state = { parameters: vector(initial), ...(statistics.length > 0 && { statistics: vector(statistics) }) };
    const feeds = [0, 1].map((i) => ({ ...batches[i], ...state }));
    const outputs = await runEach(engine, buildEvaluationGraph(network), feeds);
    const expected = [fixture.evaluation.logits, fixture.evaluation.secondBatchLogits];
    for (const [i, logits] of expected.entries()) {
      expect(relativeError(outputs[i]?.logits, floats(logits))).toBeLessThan(1e-4);
    }
  });

  it.each(Object.entries(fixture.training))('follows %s for twenty steps', async (_, reference) => {
    const settings = optimiserSettings(reference);
    const optimiser = createOptimiser(settings);
    const session = await engine.createSession(
      compileGraph(buildTrainingGraph(network, settings, { batchSize: fixture.batchSize }), engine.lowering),
    );
    const names = ['parameters', ...optimiser.slots, ...(network.layout.statisticCount > 0 ? ['statistics'] : [])];
    let state: Record<string, RuntimeTensor> = Object.fromEntries(
      names.map((name) => {
        if (name === 'parameters') return [name, vector(initial)];
        return [name, vector(new Float32Array(name === 'statistics' ? network.layout.statisticCount : initial.length))];
      }),
    );
    const losses: number[] = [];
    for (let step = 1; step <= 20; step++) {
      const values = optimiser.scalarValues(reference.learningRate, step);
      const scalars = optimiser.scalars.map((name, i) => [name, scalar(values[i] ?? 0)] as const);
      const feeds = { ...batches[(step - 1) % 3], ...state, ...Object.fromEntries(scalars) };
      if (network.layout.statisticCount > 0) Object.assign(feeds, { statisticsRate: scalar(0.1) });
      const wanted = ['loss', ...names.map(nextName)];
      const outputs = await session.run(feeds, Object.fromEntries(wanted.map((name) => [name, null])));
      losses.push(Number(outputs.loss?.data[0]));
      state = Object.fromEntries(names.map((name) => [name, outputs[nextName(name)] as RuntimeTensor]));
      if (step === 1) {
        const after = floatsOf(state.parameters);
        for (const spec of network.layout.parameters) {
          const expected = floats(reference.parametersAfterOneStep[spec.name] as never);
          expect(relativeError(slice(after, spec), expected), spec.name).toBeLessThan(1e-4);
        }
        if (state.statistics !== undefined) {
          const expected = flatten(network.layout.statistics, fixture.batchStatistics).map((value) => 0.1 * value);
          expect(relativeError(floatsOf(state.statistics), expected)).toBeLessThan(1e-4);
        }
      }
    }
    await session.release();
    for (const [i, loss] of losses.entries()) expect(Math.abs(loss - (reference.losses[i] ?? 0))).toBeLessThan(1e-3);
  });
});

async function runEach(
  engine: Runtime,
  graph: Graph,
  feeds: readonly Record<string, RuntimeTensor>[],
): Promise<Record<string, Float32Array>[]> {
  const session = await engine.createSession(compileGraph(graph, engine.lowering));
  const fetches = Object.fromEntries([...graph.outputs.keys()].map((name) => [name, null]));
  const answers: Record<string, Float32Array>[] = [];
  for (const each of feeds) {
    const outputs = await session.run(each, fetches);
    answers.push(Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, floatsOf(tensor)])));
  }
  await session.release();
  return answers;
}

function optimiserSettings(reference: TorchTraining): OptimiserSettings {
  const { kind, beta1, beta2, epsilon, momentum, weightDecay } = reference;
  return kind === 'adam'
    ? { name: 'adam', beta1, beta2, epsilon, weightDecay }
    : { name: 'sgd', momentum, weightDecay };
}

function flatten(specs: readonly ParameterSpec[], tensors: TorchFixture['parameters']): Float32Array {
  const flat = new Float32Array(specs.reduce((sum, { size }) => sum + size, 0));
  for (const { name, offset } of specs) flat.set(floats(tensors[name] as never), offset);
  return flat;
}

function slice(flat: Float32Array | undefined, { offset, size }: ParameterSpec): Float32Array {
  return (flat ?? new Float32Array()).subarray(offset, offset + size);
}

function floatsOf(tensor: RuntimeTensor | undefined): Float32Array {
  return tensor?.data as Float32Array;
}

/** |a − b| / |b| over the whole tensor; a reference of zero demands zero. */
function relativeError(actual: Float32Array | undefined, expected: Float32Array): number {
  if (actual?.length !== expected.length) return Number.POSITIVE_INFINITY;
  const norm = Math.hypot(...expected);
  const distance = Math.hypot(...expected.map((value, i) => value - (actual[i] ?? Number.NaN)));
  return norm === 0 ? distance : distance / norm;
}
