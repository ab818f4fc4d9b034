// A child process of the pool: loads the data once, then evaluates task after task.

import { worker, workerEmit } from 'workerpool';
import type { Dataset } from '../data/dataset.ts';
import { readPackedDataset } from '../data/pack.ts';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import type { Runtime } from '../engine/runtime.ts';
import { evaluateTask } from './evaluate-task.ts';
import { throttleProgress } from './evaluator.ts';
import { toWireError, type WireAnswer } from './protocol.ts';
import type { EvaluationTask } from './task.ts';

let runtime: Promise<Runtime> | undefined;
let loaded: { readonly path: string; readonly dataset: Promise<Dataset> } | undefined;

// Ctrl-C reaches the whole process group; the parent alone decides what becomes of it.
process.on('SIGINT', () => {});
// The parent is gone: there is nobody to answer.
process.on('error', () => process.exit(1));

worker({ evaluate });

async function evaluate(task: EvaluationTask): Promise<WireAnswer> {
  try {
    runtime ??= loadNodeRuntime();
    const { path } = task.dataset;
    if (loaded?.path !== path) loaded = { path, dataset: readPackedDataset(path) };
    const onProgress = throttleProgress(workerEmit, () => performance.now());
    return { outcome: await evaluateTask(await runtime, await loaded.dataset, task, { onProgress }) };
  } catch (error) {
    return { error: toWireError(error) };
  }
}
