// The package as its users install it, on versions of Node.js: packed, installed into an empty project with and without
// install scripts, then run from a data set to a model.
//
//   npm run test:node              20, 22, 24 and 26
//   npm run test:node -- 24        one of them; more may follow
//
// Ends with 1 if a step fails. Needs the npm registry; installs about 450 MB at a time into the folder for temporary files.

import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProject, installNode, packPackage } from './test-node/install.mjs';
import { run } from './test-node/run.mjs';
import { endToEnd } from './test-node/steps.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GOLDEN = join(ROOT, 'scripts', 'golden-run.mjs');

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24', '26'];
const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-node-'));
/** SHA-256 of the models, by the runtime that trained them. */
const models = new Map();
let failures = 0;

try {
  const tarball = await packPackage(ROOT, folder);
  for (const version of versions) await testVersion(version, tarball);
  for (const [runtime, hashes] of versions.length > 1 ? models : []) {
    await step(`the same model everywhere, trained by ${runtime}`, () => {
      if (hashes.size > 1) throw new Error(`there are ${hashes.size}: ${[...hashes].join(', ')}`);
    });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(failures === 0 ? 'all steps passed\n' : `${failures} steps failed\n`);
process.exitCode = failures === 0 ? 0 : 1;

async function testVersion(version, tarball) {
  const home = join(folder, `node-${version}`);
  mkdirSync(home);
  let node;
  await step(`Node.js ${version}`, async () => {
    node = await installNode(version, home);
    return (await run(node, ['--version'], { cwd: home })).stdout.trim();
  });
  if (node === undefined) return;
  const runtimes = [await testInstalled(node, tarball, home, 'with install scripts', [])];
  const without = 'without install scripts';
  runtimes.push(await testInstalled(node, tarball, home, without, ['--ignore-scripts']));
  if (!runtimes.some((name) => name?.startsWith('onnxruntime-web'))) {
    // The install script of onnxruntime-node found its network: what happens without is tried all the same.
    await testInstalled(node, tarball, home, 'without onnxruntime-node', ['--ignore-scripts'], 'onnxruntime-node');
  }
  if (existsSync(GOLDEN)) {
    await step('golden hashes', async () => (await run(node, [GOLDEN], { cwd: ROOT })).stdout.trim());
  }
  rmSync(home, { recursive: true, force: true });
}

/** @returns the runtime that trained, if it came to that. */
async function testInstalled(node, tarball, home, title, flags, removed) {
  process.stdout.write(`  ${title}\n`);
  const path = join(home, title.replaceAll(' ', '-'));
  let project;
  await step('npm install', async () => {
    project = await createProject(node, tarball, path, flags);
    if (removed) rmSync(join(path, 'node_modules', removed), { recursive: true });
  });
  if (project === undefined) return undefined;
  let summary;
  for (const { name, action } of endToEnd(project)) {
    await step(name, async () => {
      const result = await action();
      if (typeof result === 'string') return result;
      summary = result ?? summary;
      return result && `model ${result.model.slice(0, 16)}`;
    });
  }
  rmSync(path, { recursive: true, force: true });
  if (summary === undefined) return undefined;
  const { runtime, model } = summary;
  models.set(runtime, (models.get(runtime) ?? new Set()).add(model));
  return runtime;
}

async function step(name, action) {
  const began = performance.now();
  try {
    const detail = await action();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stdout.write(`    ok      ${name} (${seconds} s)${detail ? `: ${detail}` : ''}\n`);
  } catch (error) {
    failures++;
    process.stdout.write(`    FAILED  ${name}: ${error.message}\n`);
  }
}
