// The search for a network: asks the strategy for genomes, plans their tasks, trains what the journal does not contain, and
// tells the strategy the results. `evaluate-in-order.ts` keeps the workers busy.

import { describeParents } from '../../evolution/lineage.ts';
import type { SearchStrategy } from '../../evolution/strategy.ts';
import { estimateCost } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { genomeId } from '../../genome/text.ts';
import { counted, scaled } from '../../text/figures.ts';
import { expectedWork, taskWork } from '../budget/rung-sizes.ts';
import { evaluateWithin, longestEvaluation, searchDeadline } from '../budget/time-guard.ts';
import { WorkAccount } from '../budget/work-account.ts';
import { WorkerPlan } from '../budget/worker-plan.ts';
import { costNamesOf } from '../config/objectives.ts';
import { costOf } from '../records/front.ts';
import type { EvaluationEntry, WorkersEntry } from '../records/journal-entry.ts';
import { CandidateQueue, lastEntry, type QueuedCandidate } from './candidate-queue.ts';
import { CandidateTasks } from './candidate-tasks.ts';
import { createStrategy, tellingCosts } from './create-strategy.ts';
import { evaluateInOrder } from './evaluate-in-order.ts';
import type { IdentifiedTask } from './identified-task.ts';
import type { RunSession } from './run-session.ts';
import { describeSearch, type FoundNetworks } from './search-result.ts';

/**
 * Runs the strategy of a run until it ends or the work or time is used up.
 *
 * @throws {EvaluationError} `cancelled` if the signal is aborted, `error` if every candidate failed.
 */
export async function findBest(session: RunSession, signal: AbortSignal | undefined): Promise<FoundNetworks> {
  const { run, config, events, evaluator } = session;
  const { problem, dataSize } = run;
  /** Results by task id: those of the journal, then those trained here. */
  const known = new Map(run.entries.flatMap((entry) => (entry.type === 'evaluation' ? [[entry.id, entry]] : [])));
  const account = new WorkAccount(config.searchWork);
  const workerPlan = WorkerPlan.of(config, run.entries, evaluator);
  const tasks = new CandidateTasks(session.tasks, dataSize, known);
  const queue = new CandidateQueue(config, known);
  const strategy = tellingCosts(createStrategy(config, problem, run.createStrategy), costsOf);
  let cacheHits = 0;

  const untold = await evaluateInOrder<IdentifiedTask, QueuedCandidate>(
    {
      strategy,
      get concurrency() {
        return evaluator.concurrency;
      },
      capacityGrown: evaluator.capacityGrown,
      plan: planTasks,
      onLast: () => queue.close(),
      next: (candidate) => queue.next(candidate),
      // Without generation boundaries this gains nothing, and late results delay the genomes that depend on them.
      ...(config.strategy === 'generational' && { workOf: (identified) => taskWork(identified, config, dataSize) }),
      train,
      onGeneration: (generation) => reportGeneration(generation),
    },
    signal,
    searchDeadline(config, session.elapsedSeconds()),
  );
  const [first] = untold;
  if (first !== undefined) {
    // The clock ended the search. With this limit saved in the configuration, a repetition ends there without a clock.
    const searchWork = account.endBefore(first.name);
    account.changeLimit(searchWork);
    if (workerPlan !== undefined) recordPlan(workerPlan.endNow(account));
    await session.adopt({ ...config, searchWork });
    events.emit(
      'notice',
      'the search was slower than expected and ended early, so that the final training has its time',
    );
  } else if (workerPlan !== undefined && account.limit !== config.searchWork) {
    await session.adopt({ ...config, searchWork: account.limit });
  }
  account.refund(tasks.learnFrom(queue.before(first?.number)));
  return describeSearch({ strategy, account, tasks, known, cacheHits }, config);

  /** Plans the genomes that the strategy asks to be trained, as far as there is work left for them. */
  function planTasks(genomes: readonly Genome[]): readonly QueuedCandidate[] {
    const answered = new Map<string, EvaluationEntry>();
    const planned: QueuedCandidate[] = [];
    let pending = 0;
    for (const genome of genomes) {
      const name = genomeId(genome);
      const isNew = !account.has(name);
      if (isNew) followWorkers(name);
      account.refund(tasks.learnFrom(queue.finishedBeforeNext()));
      if (!account.admit(name, expectedWork(config, dataSize, estimateCost(genome, problem)))) break;
      if (!isNew) cacheHits++;
      const own = tasks.enter(
        genome,
        strategy.parentsOf?.(genome).map((parent) => queue.trained(parent)),
      );
      const entry = lastEntry(own, known) ?? known.get(own[0]?.id ?? '');
      if (entry !== undefined) answered.set(name, entry);
      else if (isNew) pending++;
      planned.push(queue.add(genome, own));
    }
    if (planned.length > 0) {
      const { generation } = strategy;
      const names = planned.map(({ name }) => name);
      events.emit('generationStart', { generation, genomes: names, pending, answered: [...answered.values()] });
    }
    return planned;
  }

  /** Under a time budget, the work that is left grows and shrinks with the number of workers. */
  function followWorkers(name: string): void {
    const change = workerPlan?.next(account, name);
    if (change === undefined) return;
    const { workers, searchWork } = change;
    recordPlan(change);
    events.emit(
      'notice',
      `the search is planned for ${counted(workers, 'training')} at the same time: ${scaled(searchWork, 'FLOP')} of work in all`,
    );
  }

  function recordPlan(change: Omit<WorkersEntry, 'elapsedSeconds'>): void {
    run.journal.append({ ...change, elapsedSeconds: session.elapsedSeconds() });
  }

  async function train(identified: IdentifiedTask, cancelled: AbortSignal): Promise<void> {
    const { id, genome } = identified;
    const longest = longestEvaluation(config, taskWork(identified, config, dataSize));
    const entry = await session.train(
      identified,
      {
        lineage: describeParents(strategy, genome),
        within: (evaluate) => evaluateWithin(longest, cancelled, evaluate),
        further: (outcome) => ({ work: taskWork(identified, config, dataSize, outcome) }),
      },
      cancelled,
    );
    known.set(id, entry);
    queue.update(entry.genome);
  }

  /** The costs that the strategy is told along with the fitness. */
  function costsOf(genome: Genome): readonly number[] {
    const entry = lastEntry(tasks.of(genome), known);
    return costNamesOf(config).map((name) => (entry ? costOf(entry, name) : Number.POSITIVE_INFINITY));
  }

  function reportGeneration(generation: number): void {
    const { population, best } = strategy;
    if (best === undefined) return;
    const described = population.map(describeIndividual);
    const { generations } = config;
    events.emit('generation', { generation, generations, population: described, best: describeIndividual(best) });
  }
}

function describeIndividual({ genome, fitness }: SearchStrategy['population'][number]) {
  return { genome: genomeId(genome), fitness };
}
