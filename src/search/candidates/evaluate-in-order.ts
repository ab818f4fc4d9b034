// Connects a strategy and the workers: trains as many candidates concurrently as there are workers, and tells results in
// the order in which their genomes were asked for.

import type { SearchStrategy } from '../../evolution/strategy.ts';
import type { Genome } from '../../genome/genome.ts';

/** A genome of the search; it may be asked for again. */
export interface Asked {
  readonly genome: Genome;
}

/** The next step of a candidate: it is trained, it waits for the results of others, or its fitness is told. */
export type NextStep<Task> =
  | { readonly kind: 'trains'; readonly task: Task }
  | { readonly kind: 'waits' }
  | { readonly kind: 'done'; readonly fitness: number };

/** What the loop needs from a search. Tasks with equal ids have equal results. */
export interface OrderedSearch<Task extends { readonly id: string }, Planned extends Asked = Asked> {
  readonly strategy: SearchStrategy;
  /** Number of candidates that can be trained concurrently. It may change. */
  readonly concurrency: number;
  /** Resolves when it has grown. */
  readonly capacityGrown?: (() => Promise<void>) | undefined;
  /** Called with the genomes of each `ask`. If it plans only the first few of them, those are the last of the search. */
  plan(genomes: readonly Genome[]): readonly Planned[];
  /** Called once, when no more genomes will be asked for. */
  onLast(): void;
  /** Must depend only on the order of planned candidates and on results of tasks, not on when the results arrived. */
  next(asked: Planned): NextStep<Task>;
  /**
   * The work of a task, in any unit. If given, the longest available task is trained first, so that workers do not wait at
   * the end of a generation for a long task that started last (Graham 1969, longest processing time). Otherwise tasks are
   * trained in the order asked.
   */
  readonly workOf?: (task: Task) => number;
  /** Trains a task; afterwards its result is known. Called once per id. Rejects if the search cannot continue. */
  train(task: Task, signal: AbortSignal): Promise<void>;
  /** Called when a generation is complete: the strategy has been told its last result and nothing after it. */
  onGeneration(generation: number): void;
}

/**
 * Runs a strategy until it or `plan` ends the search. A free worker takes the next genome as soon as the strategy has one.
 * A result is told as soon as all results asked for before it have been told. The timing of workers therefore affects only
 * how long a search takes.
 *
 * @param deadline  when it is aborted and at least one successful candidate has been told, running trainings are cancelled.
 * @returns the candidates that were planned but not told, in the order asked; empty unless the deadline was reached.
 * @throws the first rejection of `train`, after all running trainings have been cancelled or have ended.
 */
export async function evaluateInOrder<Task extends { readonly id: string }, Planned extends Asked>(
  search: OrderedSearch<Task, Planned>,
  signal: AbortSignal | undefined,
  deadline?: AbortSignal,
): Promise<readonly Planned[]> {
  const { strategy } = search;
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
      // Told one by one, so that no generation ends in the middle of a call.
      const { generation } = strategy;
      strategy.tell([{ genome: first.genome, fitness: next.fitness }]);
      if (strategy.generation !== generation) search.onGeneration(generation);
    }
  };
  /** @returns false if the strategy has no genome available now. */
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
  /** The longest task that is not in training. Among equals, and after the deadline, the one asked for first. */
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
    while (running.size < search.concurrency) {
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
      const grown = search.capacityGrown === undefined ? [] : [search.capacityGrown()];
      await Promise.race([...running, ...grown, ...(hasResult() ? [late] : [])]);
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
