// The runtime of each device, and the fastest one for the processor that this installation has.

import { availableParallelism } from 'node:os';
import type { EngineError } from '../../errors.ts';
import type { Device } from '../device.ts';
import type { Runtime } from '../runtime.ts';
import { scoringThreads, withThreads } from '../threads.ts';
import { loadNodeRuntime } from './onnxruntime-node.ts';
import { loadWasmRuntime } from './onnxruntime-web.ts';

const loaded = new Map<Device, Promise<Runtime>>();

/**
 * Loads the runtime of a device, once per process. For `cpu` that is onnxruntime-node, or else onnxruntime-web with a notice
 * that says why: npm drops the former without a word where its install script cannot download GPU libraries.
 *
 * @throws {EngineError} if it cannot be loaded.
 */
export function loadRuntime(device: Device = 'cpu'): Promise<Runtime> {
  const known = loaded.get(device) ?? load(device);
  loaded.set(device, known);
  return known;
}

/**
 * The runtime for model files, which are scored on the processor with several threads.
 *
 * @param workers  cores that it may keep busy.
 * @throws {EngineError} if it cannot be loaded.
 */
export async function loadScoringRuntime(workers: number = Number.POSITIVE_INFINITY): Promise<Runtime> {
  return withThreads(await loadRuntime(), scoringThreads(Math.min(workers, availableParallelism())));
}

function load(device: Device): Promise<Runtime> {
  switch (device) {
    case 'cpu':
      return fastestRuntime();
    case 'wasm':
      return loadWasmRuntime();
    default:
      return loadNodeRuntime(device);
  }
}

/** The runtime for the processor, anew each time and with the given loaders. */
export async function fastestRuntime(
  loadNative: () => Promise<Runtime> = loadNodeRuntime,
  loadFallback: () => Promise<Runtime> = loadWasmRuntime,
): Promise<Runtime> {
  let trouble: EngineError;
  try {
    return await loadNative();
  } catch (error) {
    trouble = error as EngineError;
  }
  return { ...(await loadFallback()), notice: describeFallback(trouble) };
}

function describeFallback({ cause }: EngineError): string {
  const slower = 'networks are trained by WebAssembly, about 5 times slower than by onnxruntime-node';
  const { code, message = String(cause) } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code === 'ERR_MODULE_NOT_FOUND' && message.includes("'onnxruntime-node'")) {
    return `${slower}, which is not installed; "npm install --ignore-scripts auto-cnn" installs it`;
  }
  const [reason] = message.split('\n');
  return `${slower}, which does not load on ${process.platform} ${process.arch}: ${reason}`;
}
