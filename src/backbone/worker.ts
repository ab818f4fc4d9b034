// A child process that runs a backbone on images. The backbone is a stranger's file: what it may hold is bounded here, and how
// long it may take by the parent.

import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { worker } from 'workerpool';
import { readPackedDataset } from '../data/cache/packed-file.ts';
import { type Dataset, imageSizeOf, readImages } from '../data/set/dataset.ts';
import { loadRuntime } from '../engine/node/load-runtime.ts';
import type { RuntimeSession } from '../engine/runtime.ts';
import { heldPixels } from '../files/memory-limit.ts';
import { FEATURES } from '../network/backbone/feature-model.ts';
import type { FeatureAnswer, FeatureTask } from './protocol.ts';

/** How often the memory is looked at. */
const EVERY_MS = 50;

let session: Promise<RuntimeSession> | undefined;
let images: Promise<Dataset> | undefined;

// Ctrl-C reaches the whole process group; the parent alone decides what becomes of it.
process.on('SIGINT', () => {});
// The parent is gone: there is nobody to answer.
process.on('error', () => process.exit(1));

worker({ extract });

async function extract({ part, from, to, ...setting }: FeatureTask): Promise<FeatureAnswer> {
  try {
    if (session === undefined) watchMemory(setting.memoryBytes);
    images ??= readPackedDataset(setting.images, heldPixels(setting.children));
    session ??= openSession(setting.model);
    const dataset = await images;
    const { shape } = dataset;
    const examples = dataset[part] ?? dataset.train;
    const pixels = Float32Array.from(readImages(examples, imageSizeOf(shape), from, to));
    const dims = [to - from, shape.channels, shape.height, shape.width];
    const image = (await loadRuntime()).createTensor('float32', pixels, dims);
    const { [FEATURES]: features } = await (await session).run({ image }, { [FEATURES]: null });
    if (!(features?.data instanceof Float32Array)) return { error: 'the value is not of float32' };
    return { dims: [...features.dims], values: features.data };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

async function openSession(path: string): Promise<RuntimeSession> {
  return (await loadRuntime()).createSession(await readFile(path));
}

/** From another thread, because the runtime blocks this one. */
function watchMemory(limitBytes: number): void {
  const look = `if (process.memoryUsage.rss() > ${limitBytes}) process.kill(process.pid, 'SIGKILL')`;
  new Worker(`setInterval(() => { ${look} }, ${EVERY_MS})`, { eval: true }).unref();
}
