// The fastest runtime that this installation has.

import type { EngineError } from '../../errors.ts';
import type { Runtime } from '../runtime.ts';
import { loadNodeRuntime } from './onnxruntime-node.ts';
import { loadWasmRuntime } from './onnxruntime-web.ts';

let loaded: Promise<Runtime> | undefined;

/**
 * Loads the engine, once per process: onnxruntime-node, or else onnxruntime-web with a notice that says why. npm drops the
 * former without a word where its install script cannot download GPU libraries.
 *
 * @throws {EngineError} if neither can be loaded.
 */
export function loadRuntime(): Promise<Runtime> {
  loaded ??= fastestRuntime();
  return loaded;
}

/** `loadRuntime`, anew each time and with the given loaders. */
export async function fastestRuntime(loadNative = loadNodeRuntime, loadFallback = loadWasmRuntime): Promise<Runtime> {
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
