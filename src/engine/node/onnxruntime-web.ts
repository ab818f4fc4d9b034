// onnxruntime-web's WebAssembly build in Node.js: slower than the native engine, but it runs wherever Node.js does.

import { EngineError } from '../../errors.ts';
import type { Runtime } from '../runtime.ts';
import { createWebRuntime, type WebLibrary } from '../web/web-runtime.ts';

/**
 * Loads onnxruntime-web.
 *
 * @throws {EngineError} if it is not installed.
 */
export async function loadWasmRuntime(): Promise<Runtime> {
  return createWebRuntime(await importLibrary(), 'wasm');
}

async function importLibrary(): Promise<WebLibrary> {
  try {
    return await import('onnxruntime-web');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError(`onnxruntime-web cannot be loaded: ${reason}; install auto-cnn again`, { cause });
  }
}
