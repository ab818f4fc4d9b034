// WebGPU in Node.js, on a driver in software: a few images of 8×8, each operator once, whole gradients, a search that is killed.

import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadNodeRuntime } from '../src/engine/node/onnxruntime-node.ts';
import type { Runtime } from '../src/engine/runtime.ts';
import { train } from '../src/engine/training/train.ts';
import { parseGenome } from '../src/genome/text.ts';
import { GraphBuilder } from '../src/network/graph/graph.ts';
import type { OperatorName } from '../src/network/graph/operators.ts';
import { float32, tensor } from '../src/network/graph/tensor-type.ts';
import { gpu, gpuRules } from '../src/network/lowering/gpu.ts';
import { int, OnnxBuilder } from '../src/network/lowering/onnx-graph.ts';
import { encodeOnnx } from '../src/network/onnx/onnx-bytes.ts';
import { buildGradientGraph, createNetwork } from '../src/network/training-graph.ts';
import { createRng } from '../src/random/rng.ts';
import { readFinished } from './faults/finished-run.ts';
import { cliFolder } from './support/cli.ts';
import { naive } from './support/naive-operators.ts';
import { naiveTensor } from './support/naive-tensor.ts';
import { operatorCase } from './support/operator-cases.ts';
import { largestError, runGraph } from './support/run-graph.ts';
import { noSwiftShader, SWIFTSHADER } from './support/swiftshader.ts';
import { brightOrDark, TOY_TRAINING, toyNetwork } from './support/toy-data.ts';

const SIZES = { batch: 4, channels: 5, filters: 3, height: 8, width: 8, kernel: 3, features: 3, classes: 4, seed: 6 };
const OPERATORS = (Object.keys(gpuRules) as OperatorName[]).filter((op) => op !== 'dropout');
const LONG = { timeout: 600_000 };

let loaded: Promise<Runtime> | undefined;
/** Sessions on it refuse a graph of which one node would run on the processor. */
async function webgpu(): Promise<Runtime> {
  Object.assign(process.env, SWIFTSHADER);
  loaded ??= loadNodeRuntime('webgpu').then((runtime) => ({ ...runtime, lowering: gpu }));
  return loaded;
}

describe.skipIf(noSwiftShader)(`WebGPU in Node.js${noSwiftShader ?? ''}`, () => {
  it.each(OPERATORS)('computes %s', async (op) => {
    const { types, inputs, attributes } = operatorCase(op, SIZES);
    const builder = new GraphBuilder();
    const values = types.map(({ dtype }, i) => builder.input(`input${i}`, tensor(dtype, ...(inputs[i]?.shape ?? []))));
    for (const [i, output] of builder.addMany(op, values, attributes).entries()) builder.output(`output${i}`, output);
    const feeds = Object.fromEntries(inputs.map((input, i) => [`input${i}`, input]));
    const outputs = Object.values(await runGraph(builder.build(), feeds, { engine: await webgpu() }));
    const expected = naive(op, inputs, attributes);
    expect(outputs.length).toBe(expected.length);
    for (const [i, output] of expected.entries()) expect(largestError(outputs[i], output)).toBeLessThan(2e-5);
  });

  it('refuses a graph of which a node would run on the processor', async () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', tensor('float32', 4, 3));
    builder.output('y', builder.addMany('dropout', [x], { rate: 0.5, seed: 1 })[0] ?? x);
    const plainly = { ...(await webgpu()), lowering: (await loadNodeRuntime()).lowering };
    await expect(runGraph(builder.build(), {}, { engine: plainly })).rejects.toThrow(
      'nodes that are assigned to the default CPU EP',
    );
  });

  it('computes the gradient of a network', async () => {
    const genome = '8max4-4mean8';
    const input = { channels: 3, height: 8, width: 8 };
    const network = createNetwork(
      parseGenome(genome),
      { input, classes: 3 },
      { mean: [100, 120, 110], std: [60, 50, 70] },
    );
    const rng = createRng(genome);
    const { parameterCount } = network.layout;
    const feeds = {
      image: naiveTensor(
        [4, 3, 8, 8],
        Array.from({ length: 4 * 3 * 64 }, () => rng.integer(0, 255)),
      ),
      labels: naiveTensor([4], [0, 1, 2, 1]),
      parameters: naiveTensor(
        [parameterCount],
        Array.from({ length: parameterCount }, () => rng.uniform() - 0.5),
      ),
    };
    const graph = buildGradientGraph(network, { batchSize: 4 });
    const [actual, expected] = [await runGraph(graph, feeds, { engine: await webgpu() }), await runGraph(graph, feeds)];
    for (const [name, values] of Object.entries(expected))
      expect(largestError(actual[name], values), name).toBeLessThan(1e-4);
  });

  it('trains to the same bits whether the state stays on the device or not', LONG, async () => {
    const { memory, ...inMainMemory } = await webgpu();
    expect(memory).toBeDefined();
    expect(await trainToy(inMainMemory)).toEqual(await trainToy(await webgpu()));
  });

  it('says so where a graph is too large for the device', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `output${i}`);
    const onnx = new OnnxBuilder();
    onnx.addNamed('Split', ['input'], names, { axis: int(0) });
    const outputs = names.map((name) => ({ name, type: float32(1) }));
    const inputs = [{ name: 'input', type: float32(names.length) }];
    const engine = await webgpu();
    const session = await engine.createSession(encodeOnnx({ inputs, outputs, nodes: onnx.nodes, constants: [] }));
    const input = engine.createTensor('float32', new Float32Array(names.length), [names.length]);
    await expect(session.run({ input }, Object.fromEntries(names.map((name) => [name, null])))).rejects.toThrow(
      /^the network is too large for the graphics processor \(Too many storage buffers in shader.*\); take smaller batches/,
    );
  });
});

function trainToy(engine: Runtime) {
  const examples = brightOrDark(12);
  const indices = Int32Array.from(examples.labels.keys());
  const data = { examples, train: indices.subarray(0, 8), validation: indices.subarray(8) };
  return train(engine, toyNetwork('2-4-max'), { ...TOY_TRAINING, epochs: 2, batchSize: 4 }, data, createRng('toy'));
}

describe.skipIf(noSwiftShader)(`a search on WebGPU${noSwiftShader ?? ''}`, () => {
  const { work, cli, read } = cliFolder();
  const shell = `VK_DRIVER_FILES=${SWIFTSHADER.VK_DRIVER_FILES} "$@"`;
  const SEARCH = 'search digits --device webgpu --population 2 --generations 0 --channels 4 --max-depth 2';
  const LENGTH = '--epochs 1 --final-epochs 1 --batch-size 20 --search-limit 40';

  it('that is killed and resumed ends as one that was not', LONG, async () => {
    const killed = await cli(`${SEARCH} ${LENGTH} --out killed`, {
      shell: `VK_DRIVER_FILES=${SWIFTSHADER.VK_DRIVER_FILES} exec "$@"`,
      onStdout: (process, text) => /\[1\/2\]/.test(text) && process.kill('SIGKILL'),
    });
    expect(killed.code).toBeNull();
    // The same run, as it is before its first candidate: the self-check takes minutes on such a driver.
    cpSync(join(work, 'killed'), join(work, 'whole'), { recursive: true });
    const [head, first] = read('killed', 'journal.jsonl').split('\n');
    expect(first).toContain('"evaluation"');
    writeFileSync(join(work, 'whole', 'journal.jsonl'), `${head}\n`);
    rmSync(join(work, 'whole', 'checkpoints'), { recursive: true });
    expect(await cli('resume killed', { shell })).toMatchObject({ code: 0, stderr: '' });
    expect(await cli('resume whole', { shell })).toMatchObject({ code: 0, stderr: '' });
    const whole = readFinished(join(work, 'whole'));
    expect(readFinished(join(work, 'killed'))).toEqual(whole);
    expect(whole.summary).toMatchObject({ evaluations: 2, failures: 0, device: 'webgpu', lowering: 'gpu' });
    expect(JSON.parse(read('killed', 'config.json'))).toMatchObject({ device: 'webgpu', lowering: 'gpu' });
  });
});
