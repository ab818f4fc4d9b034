// WebGPU in Chromium, computed by the software driver that is part of it: each operator once, whole gradients, a search that is
// killed.

import { createHash } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGenome } from '../src/genome/text.ts';
import { compileGraph } from '../src/network/compile.ts';
import { type Graph, GraphBuilder } from '../src/network/graph/graph.ts';
import type { OperatorName } from '../src/network/graph/operators.ts';
import { tensor } from '../src/network/graph/tensor-type.ts';
import { gpu, gpuRules } from '../src/network/lowering/gpu.ts';
import { buildGradientGraph, createNetwork } from '../src/network/training-graph.ts';
import { createRng } from '../src/random/rng.ts';
import { resolveConfig } from '../src/search/run/resolve-config.ts';
import { naive } from './support/naive-operators.ts';
import { type NaiveTensor, naiveTensor } from './support/naive-tensor.ts';
import { operatorCase } from './support/operator-cases.ts';
import { chromiumPath, launchKillableBrowser } from './support/page/browser.mjs';
import { killSearch } from './support/page/killed-search.ts';
import { serveSources, workInPage } from './support/page/serve-sources.mjs';
import { type Feeds, largestError, runGraph, typedValues } from './support/run-graph.ts';
import { toyDataset } from './support/toy-data.ts';

const SIZES = { batch: 4, channels: 5, filters: 3, height: 8, width: 8, kernel: 3, features: 3, classes: 4, seed: 6 };
const OPERATORS = (Object.keys(gpuRules) as OperatorName[]).filter((op) => op !== 'dropout');
const LONG = { timeout: 600_000 };
const skipped = chromiumPath === undefined ? ' (skipped: "apt-get install chromium" installs one)' : '';

/** A graph as the page gets it. */
function modelOf(graph: Graph, feeds: Feeds) {
  const inputs = graph.inputs.map(({ name, type: { dtype } }) => {
    const { shape, data } = feeds[name] ?? naiveTensor([0], []);
    return { name, dtype, data: typedValues(dtype, data), dims: shape };
  });
  return { bytes: compileGraph(graph, gpu), feeds: inputs, outputs: [...graph.outputs.keys()] };
}

type Answer = readonly { readonly data: ArrayLike<number | bigint>; readonly dims: readonly number[] }[] & {
  readonly error?: string;
};

const tensorsOf = (answer: Answer): NaiveTensor[] => {
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.map(({ data, dims }) => naiveTensor(dims, Array.from(data, Number)));
};

describe.skipIf(chromiumPath === undefined)(`WebGPU in Chromium${skipped}`, () => {
  let browser: Awaited<ReturnType<typeof launchKillableBrowser>>;
  let page: Page;
  let server: Awaited<ReturnType<typeof serveSources>>;
  const open = async () => {
    browser = await launchKillableBrowser('software');
    page = await browser.browser.newPage();
    await page.goto(server.base);
  };
  beforeAll(async () => {
    server = await serveSources();
    await open();
  });
  afterAll(async () => {
    await browser?.kill();
    await server?.close();
  });

  it('computes every operator', LONG, async () => {
    const cases = OPERATORS.map((op) => {
      const { types, inputs, attributes } = operatorCase(op, SIZES);
      const builder = new GraphBuilder();
      const values = types.map(({ dtype }, i) =>
        builder.input(`input${i}`, tensor(dtype, ...(inputs[i]?.shape ?? []))),
      );
      for (const [i, output] of builder.addMany(op, values, attributes).entries()) builder.output(`output${i}`, output);
      const model = modelOf(builder.build(), Object.fromEntries(inputs.map((input, i) => [`input${i}`, input])));
      return { model, expected: naive(op, inputs, attributes) };
    });
    const answers = await workInPage(page, 'models', { device: 'webgpu', models: cases.map(({ model }) => model) });
    const errors = cases.map(({ expected }, i) => {
      const outputs = tensorsOf(answers[i]);
      return Math.max(...expected.map((output, k) => largestError(outputs[k], output)));
    });
    for (const [i, op] of OPERATORS.entries()) expect(errors[i], op).toBeLessThan(2e-5);
  });

  it('computes the gradient of a network', LONG, async () => {
    const input = { channels: 3, height: 8, width: 8 };
    const network = createNetwork(
      parseGenome('4-8-max-8-4-mean'),
      { input, classes: 3 },
      { mean: [100, 120, 110], std: [60, 50, 70] },
    );
    const rng = createRng(1);
    const { parameterCount } = network.layout;
    const parameters = Array.from({ length: parameterCount }, () => rng.uniform() - 0.5);
    const feeds = {
      image: naiveTensor(
        [4, 3, 8, 8],
        Array.from({ length: 4 * 3 * 64 }, () => rng.integer(0, 255)),
      ),
      labels: naiveTensor([4], [0, 1, 2, 1]),
      parameters: naiveTensor([parameterCount], parameters),
    };
    const graph = buildGradientGraph(network, { batchSize: 4 });
    const [answer] = await workInPage(page, 'models', { device: 'webgpu', models: [modelOf(graph, feeds)] });
    const actual = tensorsOf(answer);
    for (const [i, [name, values]] of Object.entries(await runGraph(graph, feeds)).entries()) {
      expect(largestError(actual[i], values), name).toBeLessThan(1e-4);
    }
  });

  it('trains to the same bits whether the state stays on the device or not', LONG, async () => {
    const kindOf = (further: object) => workInPage(page, 'kind', { device: 'webgpu', lowering: 'gpu', ...further });
    const kind = await kindOf({});
    expect(kind).toMatch(/^onnxruntime-web 1\.30\.0 webgpu, gpu, /);
    expect(await kindOf({ inMainMemory: true })).toBe(kind);
  });

  it('ends a search whose browser is killed as one that was not', LONG, async () => {
    const engineKind = await workInPage(page, 'kind', { device: 'webgpu', lowering: 'gpu' });
    const fingerprint = createHash('sha256').update('toy').digest('hex');
    const dataset = { ...toyDataset(20, 8), fingerprint };
    const settings = {
      dataset: { source: 'toy' },
      population: 2,
      generations: 0,
      searchSpace: { channels: [4], maxDepth: 2 },
      training: { epochs: 1, batchSize: 4 },
      workers: 1,
      tensorboard: false,
    };
    const config = { ...resolveConfig(settings, 'test'), device: 'webgpu', lowering: 'gpu', engineKind };
    const input = { device: 'webgpu', config, dataset };
    const whole = await workInPage(page, 'search', input);
    const known = await killSearch(page, input, () => browser.kill());
    expect(known.journal.length).toBeLessThan(whole.journal.length);
    await open();
    const rest = await workInPage(page, 'search', { ...input, known });
    expect(rest.journal).toEqual(whole.journal);
    expect(rest.model).toEqual(whole.model);
    expect(whole.journal.map(({ type }: { type: string }) => type)).toEqual(['evaluation', 'evaluation', 'final']);
    expect(whole.journal.filter(({ failure }: { failure?: unknown }) => failure !== undefined)).toEqual([]);
  });
});
