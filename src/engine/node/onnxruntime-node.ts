// The engine's runtime on onnxruntime-node's CPU provider.

import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { EngineError } from '../../errors.ts';
import { plain } from '../../network/lowering/plain.ts';
import type { Runtime, RuntimeTensor } from '../runtime.ts';

type Library = typeof import('onnxruntime-node');

/**
 * Loads onnxruntime-node.
 *
 * @throws {EngineError} if it is not installed or has no binary for this platform; the message names the cure.
 */
export async function loadNodeRuntime(): Promise<Runtime> {
  const library = await importLibrary();
  return {
    name: `onnxruntime-node ${library.env.versions.node ?? ''}`.trim(),
    lowering: plain,
    createTensor: (dtype, data, dims) => new library.Tensor(dtype, data, dims) as RuntimeTensor,
    async createSession(model, { threads = 1 } = {}) {
      const session = await createSession(library, model, threads);
      return {
        run: (feeds, fetches) =>
          session.run(feeds as Record<string, Tensor>, fetches as Record<string, Tensor | null>) as Promise<
            Record<string, RuntimeTensor>
          >,
        release: () => session.release(),
      };
    },
  };
}

async function importLibrary(): Promise<Library> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new EngineError(
      `onnxruntime-node cannot be loaded on ${process.platform} ${process.arch}: install it with ` +
        '"ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0" (the variable keeps its installer from downloading GPU libraries)',
      { cause },
    );
  }
}

async function createSession(library: Library, model: Uint8Array, threads: number): Promise<InferenceSession> {
  try {
    return await library.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      enableCpuMemArena: true,
      // Errors are thrown; anything below is advice for the graph's author.
      logSeverityLevel: 3,
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError(`the ONNX runtime refused the model: ${reason}`, { cause });
  }
}
