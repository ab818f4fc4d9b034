// Between a strategy and the workers: trains as many candidates at a time as there are workers, tells results in the
// order in which their genomes were asked for.

import type { SearchStrategy } from '../../evolution/strategy.ts';
import type { Genome } from '../../genome/genome.ts';

/** A genome of the search; it may be asked for again. */
export interface Asked {
  readonly genome: Genome;
}

/** What comes next for it: a training, the results of others, or to be told. */
export type NextStep<Task> =
  | { readonly kind: 'trains'; readonly task: Task }
  | { readonly kind: 'waits' }
  | { readonly kind: 'done'; readonly fitness: number };

/** What this needs of a search. Equal ids of tasks, equal results. */
export interface OrderedSearch<Task extends { readonly id: string }, Planned extends Asked = Asked> {
  readonly strategy: SearchStrategy;
  /** Candidates that can be in training at a time. */
  readonly concurrency: number;
  /** Called with the genomes of each `ask`. If it plans fewer, from the first on, these are the last of the search. */
  plan(genomes: readonly Genome[]): readonly Planned[];
  /** Called once, as soon as no genome will be asked for any more. */
  onLast(): void;
  /** Depends on the order of what was planned and on the results of tasks, not on the time at which they came. */
  next(asked: Planned): NextStep<Task>;
  /**
   * What training takes, in any unit. With it the longest that can be trained comes first, so that at the end of a generation no
   * worker waits for a long one that another began last (Graham 1969, longest processing time); without it, the first asked.
   */
  readonly workOf?: (task: Task) => number;
  /** Trains; then its result is known. Called once for each id. Rejects if the search cannot go on. */
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
export async function evaluateInOrder<Task extends { readonly id: string }, Planned extends Asked>(
  search: OrderedSearch<Task, Planned>,
  signal: AbortSignal | undefined,
  deadline?: AbortSignal,
): Promise<readonly Planned[]> {
  const { strategy, concurrency } = search;
  const outstanding: Planned[] = [];
  const started = new Set<string>();
  const running = new Set<Promise<void>>();
  let isComplete = false;
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;

  const tellKnown = (): void => {
    for (let first = outstanding[0]; first !== undefined; first = outstanding[0]) {
      const next = search.next(first);
      if (next.kind !== 'done') return;
      outstanding.shift();
      // One by one, so that no generation ends in the middle of a call.
      const { generation } = strategy;
      strategy.tell([{ genome: first.genome, fitness: next.fitness }]);
      if (strategy.generation !== generation) search.onGeneration(generation);
    }
  };
  /** False if the strategy has no genome to give now. */
  const askForMore = (): boolean => {
    if (isComplete) return false;
    const genomes = strategy.ask();
    const planned = genomes === undefined ? [] : search.plan(genomes);
    isComplete = genomes === undefined || planned.length < genomes.length;
    outstanding.push(...planned);
    if (isComplete) search.onLast();
    tellKnown();
    return isComplete || planned.length > 0;
  };
  /** Of those that are not in training, the longest; of equals, and where a result is overdue, the first asked. */
  const nextTask = (): Task | undefined => {
    let longest: { readonly task: Task; readonly work: number } | undefined;
    for (const asked of outstanding) {
      const next = search.next(asked);
      if (next.kind !== 'trains' || started.has(next.task.id)) continue;
      const work = deadline?.aborted ? 0 : (search.workOf?.(next.task) ?? 0);
      if (longest === undefined || work > longest.work) longest = { task: next.task, work };
    }
    return longest?.task;
  };
  const startTraining = (): void => {
    while (running.size < concurrency) {
      const task = nextTask();
      if (task !== undefined) {
        started.add(task.id);
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
