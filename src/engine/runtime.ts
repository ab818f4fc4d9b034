// The interface of ONNX runtimes. `engine/node` implements it with onnxruntime-node and onnxruntime-web.

import type { DType } from '../network/graph/tensor-type.ts';
import type { Lowering } from '../network/lowering/lower.ts';
import type { Device } from './device.ts';

export type TensorData = Float32Array | Uint8Array | Int32Array | BigInt64Array;

/**
 * A tensor over a buffer that the caller may keep and overwrite between runs. One that a session has left on its device can
 * be fed again, and has no data.
 */
export interface RuntimeTensor {
  readonly data: TensorData;
  readonly dims: readonly number[];
}

export interface RuntimeSession {
  /**
   * @param feeds    one tensor per graph input.
   * @param fetches  by output name: a tensor to write into, or null to let the runtime allocate one.
   */
  run(
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches: Readonly<Record<string, RuntimeTensor | null>>,
  ): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

export interface SessionOptions {
  /** Threads inside one operator. Plain graphs give the same bits everywhere only with 1; see `engine/threads.ts`. */
  readonly threads?: number;
  /** Outputs that are left in the {@link DeviceMemory} of the runtime; they are fetched as null. */
  readonly kept?: readonly string[];
}

/** Memory that a device does not share with the processor. */
export interface DeviceMemory {
  /** A copy of the vector that a session has left there. */
  read(vector: RuntimeTensor): Promise<Float32Array>;
  /** Ends the use of a tensor, wherever it lies. */
  free(tensor: RuntimeTensor): void;
}

export interface Runtime {
  /** Library, version and, but for the processor, the execution provider. */
  readonly name: string;
  readonly device: Device;
  /** The lowering of training and scoring graphs. Deployable models are always plain. */
  readonly lowering: Lowering;
  /** Runs of a session before it is as fast as it gets, for measuring. Default: two. */
  readonly warmUpRuns?: number;
  /** Where sessions can leave outputs. Absent where there is none, or it cannot be used. */
  readonly memory?: DeviceMemory;
  /** A message about the runtime for the user. */
  readonly notice?: string;
  /** @throws {EngineError} if the runtime rejects the model. */
  createSession(model: Uint8Array, options?: SessionOptions): Promise<RuntimeSession>;
  createTensor(dtype: DType, data: TensorData, dims: readonly number[]): RuntimeTensor;
}
