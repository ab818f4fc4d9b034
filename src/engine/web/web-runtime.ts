// The engine's runtime on onnxruntime-web, for Node.js and browsers: in WebAssembly, which runs everywhere, on one thread; in
// browsers also on WebGPU.

import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { EngineError } from '../../errors.ts';
import { plain } from '../../network/lowering/plain.ts';
import { copyingModel, explainedError } from '../accelerator.ts';
import type { Device } from '../device.ts';
import type { DeviceMemory, Runtime, RuntimeSession, RuntimeTensor, SessionOptions } from '../runtime.ts';
import { sessionOptions } from '../session-options.ts';

export type WebLibrary = Pick<typeof import('onnxruntime-web'), 'env' | 'InferenceSession' | 'Tensor'>;
/** What this package can train on. */
export type WebDevice = Extract<Device, 'wasm' | 'webgpu'>;

/** The first steps of a training run two to three times slower, until V8 has compiled what they use a second time. */
const COMPILING_RUNS = 12;
/** How the library begins where its file is missing or damaged, or the instructions that it needs are. */
const NO_BACKEND = 'no available backend found. ERR: [wasm] ';

/**
 * @param library  the build of onnxruntime-web that has the device.
 * @throws {EngineError} if WebGPU does not start.
 */
export async function createWebRuntime(library: WebLibrary, device: WebDevice): Promise<Runtime> {
  // A search trains one candidate per process; more threads would also make sums depend on the number of cores.
  library.env.wasm.numThreads = 1;
  const name = `onnxruntime-web ${library.env.versions.web ?? ''}`.trim();
  const open = (model: Uint8Array, options?: SessionOptions) => createSession(library, device, model, options);
  // It stays: with its last session, a device would lose its compiled shaders.
  if (device === 'webgpu') await open(copyingModel());
  return {
    name: device === 'wasm' ? name : `${name} ${device}`,
    device,
    lowering: plain,
    warmUpRuns: COMPILING_RUNS,
    ...(device === 'webgpu' && { memory: MEMORY }),
    createTensor: (dtype, data, dims) => new library.Tensor(dtype, data, dims) as RuntimeTensor,
    createSession: async (model, options) => sessionOver(await open(model, options)),
  };
}

const MEMORY: DeviceMemory = {
  read: (vector) => (vector as Tensor).getData() as Promise<Float32Array>,
  free: (tensor) => (tensor as Tensor).dispose(),
};

async function createSession(
  library: WebLibrary,
  device: WebDevice,
  model: Uint8Array,
  options?: SessionOptions,
): Promise<InferenceSession> {
  try {
    return await library.InferenceSession.create(model, sessionOptions(device, options));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (!reason.startsWith(NO_BACKEND))
      throw new EngineError(`the ONNX runtime refused the model: ${reason}`, { cause });
    throw new EngineError(
      `WebAssembly does not start (${reason.slice(NO_BACKEND.length)}); install onnxruntime-web again, and check that the file is there and SIMD is supported`,
      { cause },
    );
  }
}

function sessionOver(session: InferenceSession): RuntimeSession {
  return {
    async run(feeds, fetches) {
      await nextTurn();
      const outputs = await session
        .run(feeds as Record<string, Tensor>, Object.keys(fetches))
        .catch((error: unknown) => {
          throw explainedError(error);
        });
      return Object.fromEntries(
        Object.entries(outputs).map(([name, output]) => {
          const result = output as RuntimeTensor;
          const target = fetches[name];
          if (target) copyInto(target, result);
          return [name, target ?? result];
        }),
      );
    },
    release: () => session.release(),
  };
}

/**
 * WebAssembly runs within a microtask: without this, timers, signals and messages would wait until the training ends. Browsers
 * delay timers.
 */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') return void setImmediate(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}

/** The library accepts tensors to write into, but leaves them as they are. */
function copyInto({ data: target }: RuntimeTensor, { data }: RuntimeTensor): void {
  if (target.constructor !== data.constructor || target.length !== data.length) {
    throw new EngineError(`an output of ${data.length} values does not fit a buffer of ${target.length}`);
  }
  (target as Float32Array).set(data as Float32Array);
}
