// Between a strategy and the workers: trains as many candidates at a time as there are workers, tells results in the
// order in which their genomes were asked for.

import type { SearchStrategy } from '../evolution/strategy.ts';
import type { Genome } from '../genome/genome.ts';

export interface PlannedTask<Task> {
  readonly genome: Genome;
  readonly task: Task;
  /** Not planned before: unless its fitness is known, somebody has to train it. */
  readonly isNew: boolean;
}

/** What this needs of a search. Equal ids of tasks, equal results. */
export interface OrderedSearch<Task extends { readonly id: string }> {
  readonly strategy: SearchStrategy;
  /** Candidates that can be in training at a time. */
  readonly concurrency: number;
  /** Called with the genomes of each `ask`. If it plans fewer, from the first on, these are the last of the search. */
  plan(genomes: readonly Genome[]): readonly PlannedTask<Task>[];
  /** Undefined until the candidate has been trained. */
  fitnessOf(id: string): number | undefined;
  /** Trains a candidate; then its fitness is known. Rejects if the search cannot go on. */
  train(task: Task, signal: AbortSignal): Promise<void>;
  /** A generation is complete: the strategy has been told its last result and nothing after it. */
  onGeneration(generation: number): void;
}

/**
 * Runs a strategy to its end, or to that of what is planned. A free worker takes the next genome as soon as the strategy has
 * one, and a result is told as soon as all that were asked before it are: the timing of workers decides how long a search
 * takes and nothing else.
 *
 * @param deadline  When it is aborted, and a candidate has been told that did not fail, what is still in training is cancelled.
 * @returns what was planned and not told, in the order asked: nothing, unless the deadline was met.
 * @throws what `train` rejects with first, after all that is in training has been cancelled or has ended.
 */
export async function evaluateInOrder<Task extends { readonly id: string }>(
  search: OrderedSearch<Task>,
  signal: AbortSignal | undefined,
  deadline?: AbortSignal,
): Promise<readonly PlannedTask<Task>[]> {
  const { strategy, concurrency } = search;
  const outstanding: PlannedTask<Task>[] = [];
  const queue: Task[] = [];
  const running = new Set<Promise<void>>();
  let isComplete = false;
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;

  const tellKnown = (): void => {
    for (let next = outstanding[0]; next !== undefined; next = outstanding[0]) {
      const fitness = search.fitnessOf(next.task.id);
      if (fitness === undefined) return;
      outstanding.shift();
      // One by one, so that no generation ends in the middle of a call.
      const { generation } = strategy;
      strategy.tell([{ genome: next.genome, fitness }]);
      if (strategy.generation !== generation) search.onGeneration(generation);
    }
  };
  /** False if the strategy has no genome to give now. */
  const askForMore = (): boolean => {
    const genomes = isComplete ? [] : (strategy.ask() ?? []);
    if (genomes.length === 0) return false;
    const planned = search.plan(genomes);
    isComplete = planned.length < genomes.length;
    outstanding.push(...planned);
    queue.push(...planned.flatMap(({ task, isNew }) => (isNew && search.fitnessOf(task.id) === undefined ? task : [])));
    tellKnown();
    return true;
  };
  const startTraining = (): void => {
    while (running.size < concurrency) {
      const task = queue.shift();
      if (task !== undefined) {
        const training = search.train(task, either).finally(() => running.delete(training));
        running.add(training);
      } else if (!askForMore()) {
        return;
      }
    }
  };
  const hasResult = (): boolean => strategy.best !== undefined && strategy.best.fitness > 0;
  const late = untilAborted(deadline);

  try {
    for (startTraining(); running.size > 0; startTraining()) {
      await Promise.race(hasResult() ? [...running, late] : running);
      tellKnown();
      if (deadline?.aborted && hasResult()) {
        stop.abort();
        await Promise.allSettled(running);
        break;
      }
    }
    return outstanding;
  } catch (error) {
    stop.abort();
    await Promise.allSettled(running);
    throw error;
  }
}

async function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
}
