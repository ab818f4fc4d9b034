// Evaluates in this process, one task after the other: for debugging, for tests and where no child can be started.

import { engineKind } from '../../engine/engine-kind.ts';
import type { Runtime } from '../../engine/runtime.ts';
import { fileStorage } from '../../files/file-storage.ts';
import type { LoweringName } from '../../network/lowering/lowerings.ts';
import { createTaskEvaluator, type TaskEvaluator } from '../evaluate-part.ts';
import { cancelledError, type EvaluateOptions, type Evaluator } from '../evaluator.ts';
import { measureSpeed, type TrainingSpeed } from '../measure-speed.ts';
import type { EvaluationOutcome, EvaluationTask } from '../task.ts';
import { createDatasetReader } from './packed-data.ts';

export class InProcessEvaluator implements Evaluator {
  readonly concurrency = 1;
  readonly #runtime: Runtime;
  readonly #closing = new AbortController();
  readonly #readDataset = createDatasetReader();
  readonly #evaluateTask: TaskEvaluator;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#evaluateTask = createTaskEvaluator({ runtime, storage: fileStorage });
  }

  async evaluate(task: EvaluationTask, options: EvaluateOptions = {}): Promise<EvaluationOutcome> {
    const { signal } = options;
    const signals = [this.#closing.signal, ...(signal ? [signal] : [])];
    const either = AbortSignal.any(signals);
    if (either.aborted) throw cancelledError(either.reason);
    const dataset = await this.#readDataset(task.dataset);
    return this.#evaluateTask(dataset, task, { ...options, signal: either });
  }

  measureSpeed(lowering: LoweringName): Promise<TrainingSpeed> {
    return measureSpeed(this.#runtime, lowering);
  }

  engineKind(lowering: LoweringName): Promise<string> {
    return engineKind(this.#runtime, lowering);
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }
}
