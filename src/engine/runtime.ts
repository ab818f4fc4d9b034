// What the engine needs of an ONNX runtime. `engine/node` implements it on onnxruntime-node and onnxruntime-web.

import type { DType } from '../network/graph/tensor-type.ts';
import type { Lowering } from '../network/lowering/lower.ts';

export type TensorData = Float32Array | Uint8Array | Int32Array | BigInt64Array;

/** A tensor over a buffer that the caller may keep and overwrite between runs. */
export interface RuntimeTensor {
  readonly data: TensorData;
  readonly dims: readonly number[];
}

export interface RuntimeSession {
  /**
   * @param feeds    one tensor for each graph input.
   * @param fetches  output name → tensor to write into, or null to let the runtime allocate it.
   */
  run(
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches: Readonly<Record<string, RuntimeTensor | null>>,
  ): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

export interface SessionOptions {
  /** Threads inside one operator; 1 is what makes results the same everywhere. */
  readonly threads?: number;
}

export interface Runtime {
  readonly name: string;
  /** How the graphs that it trains and scores with are lowered. Models to be deployed are plain everywhere. */
  readonly lowering: Lowering;
  /** Runs of a session before it is as fast as it gets, for measuring; two unless given. */
  readonly warmUpRuns?: number;
  /** What the user should know about it. */
  readonly notice?: string;
  /** @throws {EngineError} if the runtime refuses the model. */
  createSession(model: Uint8Array, options?: SessionOptions): Promise<RuntimeSession>;
  createTensor(dtype: DType, data: TensorData, dims: readonly number[]): RuntimeTensor;
}
