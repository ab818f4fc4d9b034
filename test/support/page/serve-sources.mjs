// Serves the built package and what it imports to a page of this machine, as it is: bare names of packages become addresses.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TYPES = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
};

/** Where a browser finds what the portable part imports. */
const PACKAGES = {
  '@bufbuild/protobuf/wire': '@bufbuild/protobuf/dist/esm/wire/index.js',
  '@noble/hashes/sha2.js': '@noble/hashes/sha2.js',
  '@noble/hashes/utils.js': '@noble/hashes/utils.js',
  eventemitter3: 'eventemitter3/dist/eventemitter3.esm.js',
  'fastest-levenshtein': 'fastest-levenshtein/esm/mod.js',
  'onnxruntime-web/wasm': 'onnxruntime-web/dist/ort.wasm.bundle.min.mjs',
  'onnxruntime-web/webgpu': 'onnxruntime-web/dist/ort.webgpu.bundle.min.mjs',
  'pure-rand/distribution/uniformFloat64': 'pure-rand/lib/esm/distribution/uniformFloat64.js',
  'pure-rand/distribution/uniformInt': 'pure-rand/lib/esm/distribution/uniformInt.js',
  'pure-rand/generator/xoroshiro128plus': 'pure-rand/lib/esm/generator/xoroshiro128plus.js',
  zod: 'zod/index.js',
};
const BARE_IMPORT = /(\bfrom |\bimport\()'([\w@][^']*)'/g;

/** @returns its address with a slash, and what ends it. */
export async function serveSources() {
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    try {
      const content = pathname === '/' ? '<!doctype html><title>auto-cnn</title>' : await contentOf(pathname);
      response.writeHead(200, { 'content-type': TYPES[extname(pathname)] ?? 'text/html' }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { base: `http://127.0.0.1:${server.address().port}/`, close };
}

async function contentOf(pathname) {
  const content = await readFile(join(ROOT, normalize(pathname)));
  if (!/^\/(dist|test)\//.test(pathname) || extname(pathname) === '.wasm') return content;
  return content.toString().replaceAll(BARE_IMPORT, (whole, before, name) => {
    const path = PACKAGES[name];
    return path === undefined ? whole : `${before}'/node_modules/${path}'`;
  });
}

/**
 * Does a job of worker.mjs in the page's web worker. Jobs must not overlap.
 *
 * @param page  of playwright, at the address of the server.
 * @param keep  called with what the job has kept so far, which would outlive the page.
 */
export async function workInPage(page, job, input, keep) {
  if (keep !== undefined) await page.exposeFunction('keep', keep);
  const { result, error } = await page.evaluate(inWorker, { job, input });
  if (error !== undefined) throw new Error(error);
  return result;
}

function inWorker(message) {
  const { Worker } = globalThis;
  return new Promise((resolve) => {
    const work = (attempts) => {
      globalThis.trainer ??= new Worker('/test/support/page/worker.mjs', { type: 'module' });
      globalThis.trainer.onmessage = ({ data }) => ('kept' in data ? globalThis.keep?.(data.kept) : resolve(data));
      globalThis.trainer.onerror = ({ message: error }) => {
        if (error !== undefined) return resolve({ error });
        // One of its modules did not come. Such a worker answers nobody; another asks again.
        globalThis.trainer = undefined;
        if (attempts > 1) work(attempts - 1);
        else resolve({ error: 'its module cannot be loaded' });
      };
      globalThis.trainer.postMessage(message);
    };
    work(2);
  });
}
