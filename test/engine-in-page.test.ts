// The portable engine in Chromium: the very files that Node.js runs, without a bundler between.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataset } from '../src/data/load-dataset.ts';
import { engineKind } from '../src/engine/engine-kind.ts';
import { loadWasmRuntime } from '../src/engine/node/onnxruntime-web.ts';
import { InProcessEvaluator } from '../src/evaluation/node/in-process-evaluator.ts';
import { createSearch } from '../src/search/create-search.ts';
import { chromiumPath, launchBrowser, launchKillableBrowser } from './support/page/browser.mjs';
import { killSearch } from './support/page/killed-search.ts';
import { withoutTimes } from './support/page/search-in-memory.mjs';
import { serveSources, workInPage } from './support/page/serve-sources.mjs';
import { writeTinyDigits } from './support/tiny-digits.ts';

const skipped = chromiumPath === undefined ? ' (skipped: "apt-get install chromium" installs one)' : '';
/** A worker that is gone leaves its page alone. */
const endWorker = (page: Page) => page.evaluate('trainer.terminate()');
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-page-'));
const LONG = { timeout: 600_000 };

describe.skipIf(chromiumPath === undefined)(`the engine in Chromium${skipped}`, () => {
  let browser: Browser;
  let page: Page;
  let server: Awaited<ReturnType<typeof serveSources>>;
  beforeAll(async () => {
    server = await serveSources();
    browser = await launchBrowser();
    page = await (await browser.newContext()).newPage();
    await page.goto(server.base);
    await writeTinyDigits(join(folder, 'digits'));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is of the same kind as WebAssembly in Node.js: it trains to the same bits', LONG, async () => {
    const here = await engineKind(await loadWasmRuntime(), 'plain');
    expect(await workInPage(page, 'kind', { device: 'wasm', lowering: 'plain' })).toBe(here);
  });

  it('gives the journal and the model of a search in Node.js, bit for bit', LONG, async () => {
    const { input, ...expected } = await searchInNode();
    const { runtime, ...actual } = await workInPage(page, 'search', input);
    expect(actual).toEqual(expected);
    expect(expected.journal.filter(({ type }) => type === 'evaluation')).toHaveLength(2);
    expect(runtime).toBe('onnxruntime-web 1.30.0');
  });

  it.each(['web worker', 'page', 'browser'] as const)('gives them too if its %s is killed', LONG, async (victim) => {
    const { input, ...expected } = await searchInNode();
    const killable = await launchKillableBrowser();
    const doomed = await killable.browser.newPage();
    await doomed.goto(server.base);
    const kill = { 'web worker': () => endWorker(doomed), page: () => doomed.close(), browser: killable.kill };
    const known = await killSearch(doomed, input, kill[victim]);
    await killable.kill();
    expect(known.journal.length).toBeLessThan(expected.journal.length);
    const { journal, model } = await workInPage(page, 'search', { ...input, known });
    expect({ journal, model }).toEqual(expected);
  });

  it('says so where there is no WebGPU, no adapter, or a too small one', async () => {
    const refusal = (job: string, input: unknown) =>
      workInPage(page, job, input).catch((error: Error) => error.message);
    const cure = '; train in WebAssembly, on the device wasm';
    expect(await refusal('adapter', {})).toBe(`EngineError: WebGPU found no graphics processor that it can use${cure}`);
    const limits = { maxStorageBufferBindingSize: 2 ** 26, maxStorageBuffersPerShaderStage: 8 };
    expect(await refusal('adapter', { limits })).toBe(
      `EngineError: the graphics processor is too small: maxStorageBufferBindingSize must be at least 134217728, and is 67108864${cure}`,
    );
    expect(await refusal('kind', { device: 'webgpu', lowering: 'gpu' })).toMatch(
      /^EngineError: (this browser has no WebGPU|WebGPU found no graphics processor that it can use); train in WebAssembly/,
    );
  });
});

interface NodeSearch {
  /** The same search for a page. */
  readonly input: object;
  readonly journal: readonly { readonly type?: string }[];
  readonly model: Uint8Array;
}

let inNode: Promise<NodeSearch> | undefined;
function searchInNode(): Promise<NodeSearch> {
  inNode ??= (async () => {
    const out = join(folder, 'run');
    const search = await createSearch(
      {
        dataset: { source: join(folder, 'digits') },
        population: 2,
        generations: 0,
        searchSpace: { channels: [4], maxDepth: 2 },
        training: { epochs: 2 },
        device: 'wasm',
        workers: 1,
        tensorboard: false,
      },
      { out, evaluator: new InProcessEvaluator(await loadWasmRuntime()), cacheDir: join(folder, 'cache') },
    );
    await search.run();
    const read = (name: string) => readFileSync(join(out, name));
    const [, ...lines] = read('journal.jsonl').toString().trim().split('\n');
    const { origin: _, ...dataset } = await loadDataset(join(folder, 'digits'), { cacheDir: join(folder, 'cache') });
    return {
      input: { device: 'wasm', config: JSON.parse(read('config.json').toString()), dataset },
      journal: lines.map((line) => withoutTimes(JSON.parse(line))),
      model: Uint8Array.from(read('model.onnx')),
    };
  })();
  return inNode;
}
