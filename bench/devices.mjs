// Images per second of every engine that this machine has, on one genome, taking turns: npm run build &&
// node bench/devices.mjs [--genome 16-16-max-32-32] [--input 28x28x1] [--batch 64] [--rounds 3] [--steps 10] [--json FILE]
// In Node.js: blocked, plain, WebAssembly and, where there is a driver, WebGPU. In Chromium, if it is installed: WebAssembly
// and, with --gpu hardware or --gpu software (SwiftShader), WebGPU. PyTorch, if it is installed: on one core, and with
// --torch-device cuda on the same GPU. One thread each.

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../dist/arithmetic/averages.js';
import { chooseLowering, withLowering } from '../dist/engine/lowering/choose-lowering.js';
import { openTrainingStep } from '../dist/engine/measure.js';
import { loadRuntime } from '../dist/engine/node/load-runtime.js';
import { parseImageShape } from '../dist/genome/image-shape.js';
import { parseGenome } from '../dist/genome/text.js';
import { madeUpNormalisation } from '../dist/network/normalisation.js';
import { createNetwork } from '../dist/network/training-graph.js';
import { chromiumPath, launchBrowser } from '../test/support/page/browser.mjs';
import { serveSources, workInPage } from '../test/support/page/serve-sources.mjs';
import { commitOf, describeMachine } from './support/provenance.mjs';

const PYTHON = '/usr/bin/python3';
/** Steps until V8 has compiled WebAssembly a second time. */
const WARM_UP = 12;

const { values } = parseArgs({
  options: {
    genome: { type: 'string', default: '16-16-max-32-32' },
    input: { type: 'string', default: '28x28x1' },
    batch: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '10' },
    gpu: { type: 'string', default: 'none' },
    'torch-device': { type: 'string', default: 'cpu' },
    json: { type: 'string' },
  },
});
const { genome, gpu } = values;
const [batch, rounds, steps] = [values.batch, values.rounds, values.steps].map(Number);
const problem = { input: parseImageShape(values.input), classes: 10 };
const network = createNetwork(parseGenome(genome), problem, madeUpNormalisation(problem));

/** What ends what was opened. */
const closing = [];
/** By name: takes steps and gives the milliseconds of each. */
const engines = new Map();

const blocked = (await chooseLowering(await loadRuntime('cpu'), 'auto')).name;
for (const [device, lowering] of [
  ['cpu', blocked],
  ['cpu', 'plain'],
  ['wasm', 'plain'],
  ['webgpu', 'gpu'],
]) {
  await add(`Node.js ${device} ${lowering}`, () => openInNode(device, lowering), device === 'webgpu' ? 1 : WARM_UP);
}
if (chromiumPath === undefined) console.log('Chromium is not installed: nothing is measured in a page');
else {
  const page = await openPage();
  await add('Chromium wasm plain', () => inPage(page, 'wasm', 'plain'), WARM_UP);
  if (gpu !== 'none') await add('Chromium webgpu gpu', () => inPage(page, 'webgpu', 'gpu'), 1);
}
if (existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import torch']).status === 0) {
  engines.set(`PyTorch ${values['torch-device']}`, torchSteps);
}

const times = new Map([...engines.keys()].map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of engines) times.get(name).push(median(await run(steps)));
}
const machine = { ...describeMachine(), runtime: (await loadRuntime('cpu')).name };
console.log(
  `${machine.processor}, Node.js ${machine.node}, commit ${commitOf('src')}, ${genome} on ${values.input}, batch ${batch}, one thread; ` +
    `median and best of ${rounds} rounds of ${steps} steps`,
);
const results = [...times].map(([engine, stepMs]) => {
  const rate = (ms) => Number(((batch * 1000) / ms).toPrecision(3));
  return { engine, imagesPerSecond: rate(median(stepMs)), best: rate(Math.min(...stepMs)), stepMs };
});
for (const { engine, imagesPerSecond, best } of results) {
  console.log(`${engine.padEnd(26)} ${String(imagesPerSecond).padStart(7)} ${String(best).padStart(7)} images/s`);
}
if (values.json !== undefined) {
  const date = new Date().toISOString().slice(0, 10);
  const report = { date, commit: commitOf('src'), machine, genome, input: values.input, batch, rounds, steps, results };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
for (const close of closing.reverse()) await close();

/** Leaves out what cannot be opened, and says why. */
async function add(name, open, warmUp) {
  try {
    const run = await open();
    await run(warmUp);
    engines.set(name, run);
  } catch (error) {
    console.log(`${name} is left out: ${error.message}`);
  }
}

async function openInNode(device, lowering) {
  const engine = await withLowering(await loadRuntime(device), lowering);
  const { run, release } = await openTrainingStep(engine, network, batch);
  closing.push(release);
  return async (count) => {
    const taken = [];
    for (let i = 0; i < count; i++) {
      const began = performance.now();
      await run();
      taken.push(performance.now() - began);
    }
    return taken;
  };
}

async function openPage() {
  const { base, close } = await serveSources();
  closing.push(close);
  const browser = await launchBrowser(gpu);
  closing.push(() => browser.close());
  const page = await browser.newPage();
  await page.goto(base);
  return page;
}

async function inPage(page, device, lowering) {
  return (count) => workInPage(page, 'steps', { device, lowering, genome, problem, batch, count });
}

/** PyTorch gives the median of a run of its own. */
async function torchSteps(count) {
  const { channels, height } = problem.input;
  const script = fileURLToPath(new URL('torch_step.py', import.meta.url));
  const args = [script, genome, String(channels), String(height), '--batch', String(batch), '--steps', String(count)];
  const { status, stdout, stderr } = spawnSync(PYTHON, [...args, '--device', values['torch-device']], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`PyTorch failed: ${stderr}`);
  return [JSON.parse(stdout).msPerStep];
}
