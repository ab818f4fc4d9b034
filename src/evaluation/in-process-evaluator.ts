// Evaluates in this process, one task after the other: for debugging, for tests and where no child can be started.

import type { Dataset } from '../data/dataset.ts';
import { readPackedDataset } from '../data/pack.ts';
import type { Runtime } from '../engine/runtime.ts';
import { evaluateTask } from './evaluate-task.ts';
import { cancelledError, type EvaluateOptions, type Evaluator } from './evaluator.ts';
import type { EvaluationOutcome, EvaluationTask } from './task.ts';

export class InProcessEvaluator implements Evaluator {
  readonly concurrency = 1;
  readonly #runtime: Runtime;
  readonly #closing = new AbortController();
  #loaded: { readonly path: string; readonly dataset: Promise<Dataset> } | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async evaluate(task: EvaluationTask, { onProgress, signal }: EvaluateOptions = {}): Promise<EvaluationOutcome> {
    const signals = [this.#closing.signal, ...(signal ? [signal] : [])];
    const either = AbortSignal.any(signals);
    if (either.aborted) throw cancelledError(either.reason);
    const { path } = task.dataset;
    if (this.#loaded?.path !== path) this.#loaded = { path, dataset: readPackedDataset(path) };
    const dataset = await this.#loaded.dataset;
    return evaluateTask(this.#runtime, dataset, task, { signal: either, ...(onProgress && { onProgress }) });
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }
}
