import { describe, expect, it } from 'vitest';
import { pixelsOf } from '../../../test/support/data-fixtures.ts';
import { runtime as native } from '../../../test/support/run-graph.ts';
import { brightOrDark, TOY_SHAPE, TOY_TRAINING, toyNetwork } from '../../../test/support/toy-data.ts';
import { EngineError } from '../../errors.ts';
import { compileGraph } from '../../network/compile.ts';
import { everyLayer } from '../../network/every-layer.ts';
import { plain } from '../../network/lowering/plain.ts';
import { buildGradientGraph, createNetwork, type Network } from '../../network/training-graph.ts';
import { createRng } from '../../random/rng.ts';
import type { Runtime } from '../runtime.ts';
import { initialiseState } from '../state/initialise.ts';
import { train } from '../training/train.ts';
import { loadWasmRuntime } from './onnxruntime-web.ts';

const wasm = await loadWasmRuntime();
const BATCH = 5;

/** Every kind of layer but dropout, whose masks differ: each build of the runtime draws them with its own generator. */
function withoutDropout(): Network {
  const { genome, problem, normalisation } = everyLayer();
  const { head = [] } = problem;
  return createNetwork(genome, { ...problem, head: head.filter(({ type }) => type !== 'dropout') }, normalisation);
}

/** Loss and gradients, as the plain lowering computes them. */
async function gradientsOn(runtime: Runtime): Promise<Record<string, number[]>> {
  const network = withoutDropout();
  const rng = createRng('gradients');
  const { parameters } = initialiseState(network.layout, rng);
  const { channels, height, width } = network.problem.input;
  const pixels = Uint8Array.from({ length: BATCH * channels * height * width }, () => rng.integer(0, 255));
  const labels = Int32Array.from({ length: BATCH }, (_, i) => i % network.problem.classes);
  const graph = buildGradientGraph(network, { batchSize: BATCH });
  const session = await runtime.createSession(compileGraph(graph, plain));
  const outputs = await session.run(
    {
      image: runtime.createTensor('uint8', pixels, [BATCH, channels, height, width]),
      labels: runtime.createTensor('int32', labels, [BATCH]),
      parameters: runtime.createTensor('float32', parameters, [parameters.length]),
    },
    Object.fromEntries([...graph.outputs.keys()].map((name) => [name, null])),
  );
  await session.release();
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

function trainToy(runtime: Runtime) {
  const examples = brightOrDark(40);
  const indices = Int32Array.from(examples.labels.keys());
  const data = { examples, train: indices.subarray(0, 30), validation: indices.subarray(30) };
  return train(runtime, toyNetwork('2-2-max-4-2'), TOY_TRAINING, data, createRng('toy'));
}

async function toySession() {
  const network = toyNetwork('2-2');
  const { parameters } = initialiseState(network.layout, createRng(1));
  const examples = brightOrDark(4);
  const session = await wasm.createSession(compileGraph(buildGradientGraph(network, { batchSize: 4 }), plain));
  const feeds = {
    image: wasm.createTensor('uint8', pixelsOf(examples), [4, TOY_SHAPE.channels, TOY_SHAPE.height, TOY_SHAPE.width]),
    labels: wasm.createTensor('int32', examples.labels, [4]),
    parameters: wasm.createTensor('float32', parameters, [parameters.length]),
  };
  return { session, feeds };
}

describe('the runtime on onnxruntime-web', () => {
  it('computes the losses and gradients that onnxruntime-node computes', async () => {
    const [actual, expected] = [await gradientsOn(wasm), await gradientsOn(native)];
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    for (const [name, values] of Object.entries(expected)) {
      const scale = Math.max(...values.map(Math.abs), 1e-3);
      const errors = values.map((value, i) => Math.abs(value - (actual[name]?.[i] ?? Number.NaN)) / scale);
      expect(Math.max(...errors), name).toBeLessThan(1e-4);
    }
  });

  it('trains to the same bits again, and to what onnxruntime-node comes to but for rounding', async () => {
    const [first, second, other] = [await trainToy(wasm), await trainToy(wasm), await trainToy(native)];
    expect(second).toEqual(first);
    expect(first.history).toHaveLength(3);
    for (const [i, { loss }] of other.history.entries()) expect(first.history[i]?.loss).toBeCloseTo(loss, 3);
  });

  it('writes outputs into the buffers that it is given', async () => {
    const { session, feeds } = await toySession();
    const loss = wasm.createTensor('float32', new Float32Array(1), []);
    const outputs = await session.run(feeds, { loss });
    expect(outputs.loss).toBe(loss);
    expect(loss.data[0]).toBeGreaterThan(0);
    expect(loss.data).toEqual((await session.run(feeds, { loss: null })).loss?.data);
    const tooLong = wasm.createTensor('float32', new Float32Array(2), [2]);
    await expect(session.run(feeds, { loss: tooLong })).rejects.toThrow('does not fit a buffer of 2');
    await session.release();
  });

  it('lets timers run between steps', async () => {
    const { session, feeds } = await toySession();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    for (let i = 0; i < 10; i++) await session.run(feeds, { loss: null });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
    await session.release();
  });

  it('refuses a damaged model with the reason', async () => {
    const refusal = wasm.createSession(new Uint8Array([1, 2, 3]));
    await expect(refusal).rejects.toThrow(EngineError);
    await expect(wasm.createSession(new Uint8Array([1, 2, 3]))).rejects.toThrow(
      /the ONNX runtime refused the model: .*protobuf parsing failed/,
    );
  });
});
