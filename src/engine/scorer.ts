// Scores a network on many examples, in batches.

import type { Examples } from '../data/dataset.ts';
import { compileGraph } from '../network/compile.ts';
import { buildEvaluationGraph, type Network } from '../network/training-graph.ts';
import { BatchBuffers } from './batch-buffers.ts';
import type { Runtime, RuntimeSession, RuntimeTensor } from './runtime.ts';

export interface Score {
  /** Mean cross-entropy. */
  readonly loss: number;
  /** Share of examples classified right. */
  readonly accuracy: number;
}

export interface ScoredState {
  readonly parameters: RuntimeTensor;
  readonly statistics?: RuntimeTensor;
}

export class Scorer {
  readonly #session: RuntimeSession;
  readonly #buffers: BatchBuffers;
  readonly #batchSize: number;

  static async create(runtime: Runtime, network: Network, batchSize: number): Promise<Scorer> {
    const session = await runtime.createSession(compileGraph(buildEvaluationGraph(network)));
    return new Scorer(session, new BatchBuffers(runtime, network.problem.input, batchSize), batchSize);
  }

  private constructor(session: RuntimeSession, buffers: BatchBuffers, batchSize: number) {
    this.#session = session;
    this.#buffers = buffers;
    this.#batchSize = batchSize;
  }

  /**
   * Scores the examples at `indices`; the last batch may be smaller and counts like the others.
   *
   * @param signal  checked before each batch; throws its reason when aborted.
   */
  async score(state: ScoredState, examples: Examples, indices: Int32Array, signal?: AbortSignal): Promise<Score> {
    let lossSum = 0;
    let correct = 0;
    for (let from = 0; from < indices.length; from += this.#batchSize) {
      signal?.throwIfAborted();
      const count = Math.min(this.#batchSize, indices.length - from);
      const batch = this.#buffers.fill(examples, indices, from, count);
      const outputs = await this.#session.run({ ...batch, ...state }, { lossSum: null, correct: null });
      lossSum += Number(outputs.lossSum?.data[0]);
      correct += Number(outputs.correct?.data[0]);
    }
    return { loss: lossSum / indices.length, accuracy: correct / indices.length };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
