// A child process of the pool: loads the data once, then evaluates task after task.

import { availableParallelism } from 'node:os';
import { worker, workerEmit } from 'workerpool';
import type { Device } from '../../engine/device.ts';
import { adoptKind } from '../../engine/engine-kind.ts';
import { loadRuntime } from '../../engine/node/load-runtime.ts';
import { fileStorage } from '../../files/file-storage.ts';
import type { LoweringName } from '../../network/lowering/lowerings.ts';
import { createTaskEvaluator, type TaskEvaluator } from '../evaluate-part.ts';
import { type EvaluationProgress, throttleProgress } from '../evaluator.ts';
import { measureSpeed } from '../measure-speed.ts';
import type { EvaluationTask } from '../task.ts';
import { createDatasetReader, type PackedFileFacts } from './packed-data.ts';
import { toWireError, type WireAnswer, type WireProgress, type WireSpeed } from './protocol.ts';

let evaluateTask: TaskEvaluator | undefined;
const readDataset = createDatasetReader();

// Ctrl-C reaches the whole process group; the parent alone decides what becomes of it.
process.on('SIGINT', () => {});
// The parent is gone: there is nobody to answer.
process.on('error', () => process.exit(1));

worker({ evaluate, measure });

/**
 * @param isKindProven  the parent, on this machine, has the kind of engine that the task names.
 * @param mostThreads   threads for this task; more than there are cores would wait for each other.
 * @param device        the same for all tasks of a child.
 */
async function evaluate(
  task: EvaluationTask,
  packedFile: PackedFileFacts,
  isKindProven: boolean,
  mostThreads: number,
  device: Device,
): Promise<WireAnswer> {
  report();
  try {
    const dataset = await readDataset(task.dataset, packedFile);
    const onProgress = throttleProgress(report, () => performance.now());
    const runtime = await loadRuntime(device);
    if (isKindProven) adoptKind(runtime, task.lowering ?? 'plain', task.engineKind ?? '');
    evaluateTask ??= createTaskEvaluator({ runtime, storage: fileStorage });
    const threads = Math.min(mostThreads, availableParallelism());
    return { outcome: await evaluateTask(dataset, task, { onProgress, threads }) };
  } catch (error) {
    return { error: toWireError(error) };
  }
}

function report(progress?: EvaluationProgress): void {
  const { pid } = process;
  workerEmit({ pid, residentBytes: process.memoryUsage.rss(), ...(progress && { progress }) } satisfies WireProgress);
}

async function measure(lowering: LoweringName, device: Device): Promise<WireSpeed> {
  try {
    return await measureSpeed(await loadRuntime(device), lowering);
  } catch (error) {
    return { error: toWireError(error) };
  }
}
