// Scores a network on examples in batches.

import type { Examples } from '../../data/set/dataset.ts';
import { compileGraph } from '../../network/compile.ts';
import { buildEvaluationGraph, type LossSettings, type Network } from '../../network/training-graph.ts';
import { BatchBuffers } from '../batch-buffers.ts';
import type { Runtime, RuntimeSession, RuntimeTensor } from '../runtime.ts';
import { MetricCounter } from './metrics.ts';

/** How well a network does on labelled images. */
export interface Score {
  /** Mean loss over the examples. Default: cross-entropy. */
  readonly loss: number;
  /** Share of examples classified correctly. */
  readonly accuracy: number;
}

export interface ScoredState {
  readonly parameters: RuntimeTensor;
  readonly statistics?: RuntimeTensor;
}

export interface ScoreWithMetrics extends Score {
  readonly metrics: MetricCounter;
}

/** The score on several sets of examples together. */
export function poolScores(scores: readonly ScoreWithMetrics[], classes: number): ScoreWithMetrics {
  const metrics = new MetricCounter(classes);
  let lossSum = 0;
  for (const score of scores) {
    metrics.include(score.metrics);
    lossSum += score.loss * score.metrics.examples;
  }
  return { loss: lossSum / metrics.examples, accuracy: metrics.value('accuracy'), metrics };
}

export class Scorer {
  readonly #session: RuntimeSession;
  readonly #buffers: BatchBuffers;
  readonly #batchSize: number;
  readonly #classes: number;

  static async create(runtime: Runtime, network: Network, batchSize: number, loss?: LossSettings): Promise<Scorer> {
    const session = await runtime.createSession(compileGraph(buildEvaluationGraph(network, loss), runtime.lowering));
    const { input, classes } = network.problem;
    return new Scorer(session, new BatchBuffers(runtime, input, batchSize), batchSize, classes);
  }

  private constructor(session: RuntimeSession, buffers: BatchBuffers, batchSize: number, classes: number) {
    this.#session = session;
    this.#classes = classes;
    this.#buffers = buffers;
    this.#batchSize = batchSize;
  }

  /**
   * Scores the examples at `indices`. The last batch may be smaller; all examples have equal weight.
   *
   * @param signal  checked before each batch; throws its reason when aborted.
   */
  async score(
    state: ScoredState,
    examples: Examples,
    indices: Int32Array,
    signal?: AbortSignal,
  ): Promise<ScoreWithMetrics> {
    const metrics = new MetricCounter(this.#classes);
    let lossSum = 0;
    for (let from = 0; from < indices.length; from += this.#batchSize) {
      signal?.throwIfAborted();
      const count = Math.min(this.#batchSize, indices.length - from);
      const batch = this.#buffers.fill(examples, indices, from, count);
      const outputs = await this.#session.run({ ...batch, ...state }, { lossSum: null, logits: null });
      lossSum += Number(outputs.lossSum?.data[0]);
      metrics.add(outputs.logits?.data as Float32Array, batch.labels.data as Int32Array, count);
    }
    return { loss: lossSum / indices.length, accuracy: metrics.value('accuracy'), metrics };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
