// An evaluator that trains in this process and remembers what it was asked.

import type { Evaluator } from '../../src/evaluation/evaluator.ts';
import { InProcessEvaluator } from '../../src/evaluation/node/in-process-evaluator.ts';
import type { EvaluationOutcome, EvaluationTask } from '../../src/evaluation/task.ts';
import { runtime } from './run-graph.ts';

export interface RecordingEvaluator extends Evaluator {
  readonly tasks: readonly EvaluationTask[];
  /** Trainings that were under way at a time. */
  readonly most: number;
}

/** Answers with what `answer` says, else trains. */
export function recordingEvaluator(
  concurrency = 2,
  answer: (task: EvaluationTask) => Promise<EvaluationOutcome | undefined> = async () => undefined,
): RecordingEvaluator {
  const inner = new InProcessEvaluator(runtime);
  const tasks: EvaluationTask[] = [];
  let running = 0;
  let most = 0;
  return {
    concurrency,
    tasks,
    get most() {
      return most;
    },
    async evaluate(task, options) {
      tasks.push(task);
      most = Math.max(most, ++running);
      try {
        return (await answer(task)) ?? (await inner.evaluate(task, options));
      } finally {
        running--;
      }
    },
    close: () => inner.close(),
  };
}
