// The engine's runtime in a page or a web worker. There is one thread, so no headers that isolate the page are needed.

import { EngineError } from '../../errors.ts';
import type { Runtime } from '../runtime.ts';
import { createWebRuntime, type WebDevice } from './web-runtime.ts';

/** What training needs, and what WebGPU guarantees: a lesser adapter is not a WebGPU one. */
const LEAST_LIMITS = { maxStorageBufferBindingSize: 128 * 1024 * 1024, maxStorageBuffersPerShaderStage: 8 } as const;

interface Adapter {
  readonly limits: Readonly<Record<keyof typeof LEAST_LIMITS, number>>;
}

/** `navigator.gpu`, as far as it is used here. */
export interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

/**
 * Loads the build of onnxruntime-web for a device.
 *
 * @param gpu  for `webgpu`. Default: `navigator.gpu`.
 * @throws {EngineError} if the browser has no such device, or its limits are too small.
 */
export async function loadWebRuntime(device: WebDevice, gpu?: Gpu): Promise<Runtime> {
  if (device === 'wasm') return createWebRuntime(await import('onnxruntime-web/wasm'), device);
  await requireAdapter(gpu ?? (globalThis as { readonly navigator?: { readonly gpu?: Gpu } }).navigator?.gpu);
  return createWebRuntime(await import('onnxruntime-web/webgpu'), device);
}

async function requireAdapter(gpu: Gpu | undefined): Promise<void> {
  if (gpu === undefined) throw new EngineError('this browser has no WebGPU; train in WebAssembly, on the device wasm');
  const adapter = await gpu.requestAdapter();
  if (adapter === null) {
    throw new EngineError(
      'WebGPU found no graphics processor that it can use; train in WebAssembly, on the device wasm',
    );
  }
  for (const [name, least] of Object.entries(LEAST_LIMITS) as [keyof typeof LEAST_LIMITS, number][]) {
    const received = adapter.limits[name];
    if (received >= least) continue;
    throw new EngineError(
      `the graphics processor is too small: ${name} must be at least ${least}, and is ${received}; train in WebAssembly, on the device wasm`,
      { details: { limit: name, least, received } },
    );
  }
}
