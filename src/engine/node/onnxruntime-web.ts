// The engine's runtime on onnxruntime-web's WebAssembly build, on one thread: slower, but it runs wherever Node.js does.

import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { EngineError } from '../../errors.ts';
import { plain } from '../../network/lowering/plain.ts';
import type { Runtime, RuntimeSession, RuntimeTensor } from '../runtime.ts';

type Library = typeof import('onnxruntime-web');

/** How the library begins where its file is missing or damaged, or the instructions that it needs are. */
const NO_BACKEND = 'no available backend found. ERR: [wasm] ';
/** The first steps of a training run two to three times slower, until V8 has compiled what they use a second time. */
const COMPILING_RUNS = 12;

/**
 * Loads onnxruntime-web.
 *
 * @throws {EngineError} if it is not installed.
 */
export async function loadWasmRuntime(): Promise<Runtime> {
  const library = await importLibrary();
  // A search trains one candidate per process; more threads would also make sums depend on the number of cores.
  library.env.wasm.numThreads = 1;
  return {
    name: `onnxruntime-web ${library.env.versions.web ?? ''}`.trim(),
    device: 'wasm',
    lowering: plain,
    warmUpRuns: COMPILING_RUNS,
    createTensor: (dtype, data, dims) => new library.Tensor(dtype, data, dims) as RuntimeTensor,
    createSession: async (model) => sessionOver(await createSession(library, model)),
  };
}

async function importLibrary(): Promise<Library> {
  try {
    return await import('onnxruntime-web');
  } catch (cause) {
    throw new EngineError(`onnxruntime-web cannot be loaded: ${reasonOf(cause)}; install auto-cnn again`, { cause });
  }
}

async function createSession(library: Library, model: Uint8Array): Promise<InferenceSession> {
  try {
    return await library.InferenceSession.create(model, {
      executionProviders: ['wasm'],
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      enableCpuMemArena: true,
      // Errors are thrown; anything below is advice for the graph's author.
      logSeverityLevel: 3,
    });
  } catch (cause) {
    const reason = reasonOf(cause);
    if (!reason.startsWith(NO_BACKEND))
      throw new EngineError(`the ONNX runtime refused the model: ${reason}`, { cause });
    throw new EngineError(
      `WebAssembly does not start (${reason.slice(NO_BACKEND.length)}); install onnxruntime-web again, and check that the file is there and this Node.js has SIMD`,
      { cause },
    );
  }
}

function sessionOver(session: InferenceSession): RuntimeSession {
  return {
    async run(feeds, fetches) {
      await nextTurn();
      const outputs = await session.run(feeds as Record<string, Tensor>, Object.keys(fetches));
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

/** WebAssembly runs within a microtask: without this, timers, signals and messages would wait until the training ends. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The library accepts tensors to write into, but leaves them as they are. */
function copyInto({ data: target }: RuntimeTensor, { data }: RuntimeTensor): void {
  if (target.constructor !== data.constructor || target.length !== data.length) {
    throw new EngineError(`an output of ${data.length} values does not fit a buffer of ${target.length}`);
  }
  (target as Float32Array).set(data as Float32Array);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
