// The engine's runtime on the execution providers of onnxruntime-node.

import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { EngineError } from '../../errors.ts';
import { plain } from '../../network/lowering/plain.ts';
import { copyingModel, explainedError } from '../accelerator.ts';
import { type Device, isAccelerator } from '../device.ts';
import type { DeviceMemory, Runtime, RuntimeTensor, SessionOptions } from '../runtime.ts';
import { sessionOptions } from '../session-options.ts';

type Library = typeof import('onnxruntime-node');

/** The device of an execution provider. WebAssembly is another package. */
type NodeDevice = Exclude<Device, 'wasm'>;

/**
 * Loads onnxruntime-node for one of its execution providers.
 *
 * @throws {EngineError} if it is not installed, has no binary for this platform or none of the provider; the message names
 *   the cure.
 */
export async function loadNodeRuntime(device: NodeDevice = 'cpu'): Promise<Runtime> {
  const library = await importLibrary();
  const name = `onnxruntime-node ${library.env.versions.node ?? ''}`.trim();
  requireProvider(library, name, device);
  const holding = isAccelerator(device) ? await holdDevice(library, device) : undefined;
  return {
    name: device === 'cpu' ? name : `${name} ${device}`,
    device,
    lowering: plain,
    ...(holding !== undefined && device === 'webgpu' && { memory: memoryBehind(holding) }),
    createTensor: (dtype, data, dims) => new library.Tensor(dtype, data, dims) as RuntimeTensor,
    async createSession(model, options) {
      const session = await createSession(library, device, model, options);
      return {
        async run(feeds, fetches) {
          const running = session.run(feeds as Record<string, Tensor>, fetches as Record<string, Tensor | null>);
          const outputs = await running.catch((error: unknown) => {
            throw explainedError(error);
          });
          return outputs as Record<string, RuntimeTensor>;
        },
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

function requireProvider(library: Library, name: string, device: NodeDevice): void {
  const provided = library.listSupportedBackends().map((backend) => backend.name);
  if (provided.includes(device)) return;
  throw new EngineError(
    `${name} has no provider ${device} on ${process.platform} ${process.arch}; it has ${provided.join(', ')}`,
    { details: { device, provided } },
  );
}

/**
 * Opens a session that stays: with its last session, a device would lose its compiled shaders, and every candidate would have to
 * wait for them again.
 *
 * @throws {EngineError} if there is no such device.
 */
async function holdDevice(library: Library, device: NodeDevice): Promise<InferenceSession> {
  // Errors are thrown.
  library.env.logLevel = 'fatal';
  const session = await createSession(library, device, copyingModel());
  held.push(session);
  return session;
}

const held: InferenceSession[] = [];

/** The package can feed a buffer of the device, but not download it. */
function memoryBehind(copying: InferenceSession): DeviceMemory {
  return {
    async read(vector) {
      const { y } = await copying.run({ x: vector as Tensor });
      return y?.data as Float32Array;
    },
    free: (tensor) => (tensor as Tensor).dispose(),
  };
}

async function createSession(
  library: Library,
  device: NodeDevice,
  model: Uint8Array,
  options: SessionOptions = {},
): Promise<InferenceSession> {
  try {
    return await library.InferenceSession.create(model, {
      ...sessionOptions(device, options),
      intraOpNumThreads: options.threads ?? 1,
      interOpNumThreads: 1,
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError(withoutProvider(device, reason) ?? `the ONNX runtime refused the model: ${reason}`, {
      cause,
    });
  }
}

/** What the reason means if it is not the model's fault. */
function withoutProvider(device: NodeDevice, reason: string): string | undefined {
  const [, adapter] = /Failed to get a WebGPU (.*)/.exec(reason) ?? [];
  if (adapter !== undefined)
    return `WebGPU found no graphics processor with a driver that it can use (${adapter.trim()})`;
  if (!reason.includes('Failed to load shared library')) return undefined;
  return `onnxruntime-node was installed without the libraries of ${device}; its installer loads them from the network`;
}
