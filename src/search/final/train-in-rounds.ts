// One final training in rounds. In each round, the replicas start from the mean of the previous round's final states. Local
// SGD (Stich 2019, algorithm 1; Lin et al. 2020), with a schedule over the total steps of all replicas.

import { mapCancelling } from '../../concurrency.ts';
import type { EpochRecord } from '../../engine/training/train.ts';
import { plannedSteps, type TrainingPlan } from '../../engine/training/training-plan.ts';
import { InvalidInputError } from '../../errors.ts';
import { encodeMeanCheckpoint, recordedOutcome } from '../../evaluation/checkpoint.ts';
import type { EvaluationProgress, Evaluator } from '../../evaluation/evaluator.ts';
import type { EvaluationOutcome, EvaluationTask, StateFile } from '../../evaluation/task.ts';
import type { Genome } from '../../genome/genome.ts';
import { planLayers } from '../../network/layers.ts';
import { layOutParameters } from '../../network/parameters.ts';
import type { AdjustSteps } from '../budget/adjust-steps.ts';
import { type IdentifiedTask, idOf } from '../candidates/identified-task.ts';
import type { PlanEntry, RoundEntry } from '../records/journal-entry.ts';
import { EpochDetailsCollector, mergeEpochs } from '../records/merge-epochs.ts';
import type { OpenRun } from '../records/open-run.ts';
import { planAt, type Rounds, roundEnd } from './rounds.ts';

export interface RoundOptions {
  readonly run: OpenRun;
  readonly evaluator: Evaluator;
  readonly rounds: Rounds;
  /** Of each replica. */
  readonly threads: number;
  readonly perEpoch: number;
  /** Time that the run has taken so far, over all its sessions. */
  readonly elapsedSeconds: () => number;
  readonly onProgress: (progress: EvaluationProgress) => void;
  readonly onNotice: (notice: string) => void;
  /** Called after each round but the last. */
  readonly adjustSteps?: AdjustSteps;
  readonly onPlan?: (plan: TrainingPlan) => Promise<void>;
}

/** The time per step is averaged over this many recent rounds. */
const PACE_ROUNDS = 3;

export class RoundTraining {
  readonly #options: RoundOptions;
  readonly #id: string;
  readonly #genome: Genome;
  readonly #task: EvaluationTask;
  readonly #base: string;
  readonly #details = new EpochDetailsCollector();
  readonly #journalled: ReadonlyMap<number, RoundEntry>;
  #plan: TrainingPlan;
  #done: readonly RoundEntry[] = [];
  #reported = 0;

  /**
   * @param final  the task; its id names the training and its weights.
   * @param base   id of the training without its length.
   */
  constructor({ id, genome, task }: IdentifiedTask, base: string, options: RoundOptions) {
    this.#options = options;
    this.#id = id;
    this.#genome = genome;
    this.#task = task;
    this.#base = base;
    const { entries } = options.run;
    const rounds = entries.filter((entry): entry is RoundEntry => entry.type === 'round' && entry.id === id);
    this.#journalled = new Map(rounds.map((entry) => [entry.from, entry]));
    const stages = entries.filter((entry): entry is PlanEntry => entry.type === 'plan' && entry.id === id);
    const [first, ...changes] = stages.map(({ at, total }) => ({ at, total }));
    this.#plan = first === undefined ? options.rounds.plan : [first, ...changes];
  }

  /** The length of the training, with all changes so far. */
  get plan(): TrainingPlan {
    return this.#plan;
  }

  /** Seconds that rounds of earlier sessions took. */
  get earlierSeconds(): number {
    return [...this.#journalled.values()].reduce((sum, { seconds }) => sum + seconds, 0);
  }

  /**
   * Trains to the end, from the last round with intact states.
   *
   * @returns the outcome, with the weights in the task's checkpoint; or the failure of a replica.
   * @throws {EvaluationError} `cancelled` if the signal is aborted; finished parts of the round are kept.
   */
  async run(signal: AbortSignal): Promise<EvaluationOutcome> {
    await this.#resume();
    if (this.#options.adjustSteps !== undefined) await this.#recordFirstPlan();
    for (let from = this.#at(); from < plannedSteps(this.#plan); from = this.#at()) {
      const failure = await this.#trainRound(from, signal);
      if (failure !== undefined) {
        await this.#removeStates();
        return failure;
      }
    }
    return this.#finish();
  }

  #at(): number {
    return this.#done.at(-1)?.to ?? 0;
  }

  async #resume(): Promise<void> {
    const done: RoundEntry[] = [];
    for (let entry = this.#journalled.get(0); entry; entry = this.#journalled.get(entry.to)) done.push(entry);
    const journalled = done.length;
    for (let last = done.at(-1); last && !(await this.#areWhole(last)); last = done.at(-1)) done.pop();
    if (done.length < journalled) {
      const { onNotice } = this.#options;
      onNotice(
        `the states of a round of the final training are damaged or missing; training continues from step ${done.at(-1)?.to ?? 0}`,
      );
    }
    this.#done = done;
    this.#reportEpochs();
  }

  async #areWhole({ states }: RoundEntry): Promise<boolean> {
    const { storage } = this.#options.run;
    for (const { id, path } of this.#files(states)) {
      if ((await recordedOutcome(storage, path, id)) === undefined) return false;
    }
    return true;
  }

  /** @returns the outcome if a replica failed. */
  async #trainRound(from: number, signal: AbortSignal): Promise<EvaluationOutcome | undefined> {
    const { rounds, run, elapsedSeconds, threads } = this.#options;
    const plan = planAt(this.#plan, from);
    const to = roundEnd(from, plannedSteps(plan), rounds);
    const replicas = Array.from({ length: rounds.replicas }, (_, replica) => replica);
    const steps = replicas.map((replica) => stepsOfReplica(from, to, replica, rounds.replicas));
    const taken = replicas.map(() => 0);
    const parts = replicas.map((replica) => this.#partTask(from, to, replica, plan));
    const began = performance.now();
    // All states are looked up before the first part is trained, so that the parts start in order.
    const recorded = await Promise.all(
      parts.map(({ id = '', checkpointPath = '' }) => recordedOutcome(run.storage, checkpointPath, id)),
    );
    const train = async (replica: number, cancelled: AbortSignal): Promise<EvaluationOutcome> => {
      const known = recorded[replica];
      const onProgress = ({ step, epoch, details, machine }: EvaluationProgress) => {
        const own = steps[replica] ?? [];
        taken[replica] = own.filter((other) => other < step).length;
        const { perEpoch, onProgress: report } = this.#options;
        if (epoch && details) {
          const share = own.filter((other) => Math.floor(other / perEpoch) === epoch.epoch - 1);
          this.#details.add(epoch.epoch, share, details);
        }
        const sum = taken.reduce((all, count) => all + count, 0);
        report({ step: from + sum, totalSteps: plannedSteps(this.#plan), ...(machine && { machine }) });
      };
      return (
        known ??
        this.#options.evaluator.evaluate(parts[replica] ?? this.#task, { signal: cancelled, onProgress, threads })
      );
    };
    const outcomes = await mapCancelling(replicas, replicas.length, train, signal);
    const failed = outcomes.find(({ failure }) => failure !== undefined);
    if (failed !== undefined) return { ...failed, history: mergeEpochs(this.#history()), bestEpoch: 0 };
    const entry: RoundEntry = {
      type: 'round',
      id: this.#id,
      from,
      to,
      states: parts.map(({ id = '' }) => id),
      history: outcomes.flatMap(({ history }) => history),
      seconds: Math.round(performance.now() - began) / 1000,
      elapsedSeconds: elapsedSeconds(),
    };
    this.#done = [...this.#done, entry];
    if (!this.#journalled.has(from)) {
      run.journal.append(entry);
      await this.#adjustSteps();
    }
    await this.#removeStates(this.#done.slice(-2));
    this.#reportEpochs();
    return undefined;
  }

  #partTask(from: number, to: number, replica: number, plan: TrainingPlan): EvaluationTask {
    const { replicas } = this.#options.rounds;
    const start = this.#files(this.#done.at(-1)?.states ?? []);
    const part = { from, to, replica, replicas, plan, start };
    const id = idOf([this.#base, { ...part, start: start.map(({ id }) => id) }]);
    return { ...this.#task, id, part, checkpointPath: this.#stateFile(id) };
  }

  async #adjustSteps(): Promise<void> {
    const { adjustSteps } = this.#options;
    const at = this.#at();
    const total = plannedSteps(this.#plan);
    if (adjustSteps === undefined || at === total) return;
    // The first round of a session includes the startup of its processes.
    const [, ...told] = this.#done.filter(({ from }) => !this.#journalled.has(from));
    const lately = told.slice(-PACE_ROUNDS);
    if (lately.length === 0) return;
    const steps = lately.reduce((sum, { from, to }) => sum + to - from, 0);
    const seconds = lately.reduce((sum, round) => sum + round.seconds, 0);
    const changed = adjustSteps(at, total, seconds / steps);
    if (changed === total) return;
    this.#plan = [...this.#plan, { at, total: changed }];
    await this.#recordPlan();
  }

  async #recordFirstPlan(): Promise<void> {
    const isKnown = this.#options.run.entries.some(({ type, id }) => type === 'plan' && id === this.#id);
    if (isKnown) await this.#options.onPlan?.(this.#plan);
    else await this.#recordPlan();
  }

  /** Records the last stage: first in the journal, from which the training resumes, then where a later run finds it. */
  async #recordPlan(): Promise<void> {
    const { run, elapsedSeconds, onPlan } = this.#options;
    const stage = this.#plan.at(-1) ?? this.#plan[0];
    run.journal.append({ type: 'plan', id: this.#id, of: this.#base, ...stage, elapsedSeconds: elapsedSeconds() });
    await onPlan?.(this.#plan);
  }

  #history(): readonly EpochRecord[] {
    return this.#done.flatMap(({ history }) => history);
  }

  /** Reports newly completed epochs. */
  #reportEpochs(): void {
    const { perEpoch, onProgress } = this.#options;
    const at = this.#at();
    const totalSteps = plannedSteps(this.#plan);
    for (const epoch of mergeEpochs(this.#history())) {
      const end = Math.min(epoch.epoch * perEpoch, totalSteps);
      if (epoch.epoch <= this.#reported || end > at) continue;
      const details = this.#details.take(epoch.epoch, end);
      onProgress({ step: at, totalSteps, epoch, ...(details && { details }) });
      this.#reported = epoch.epoch;
    }
  }

  async #finish(): Promise<EvaluationOutcome> {
    const { run } = this.#options;
    const { storage, problem, folder } = run;
    const { checkpointPath = folder.checkpoint(this.#id) } = this.#task;
    const history = mergeEpochs(this.#history());
    const outcome: EvaluationOutcome = { fitness: 0, history, bestEpoch: history.at(-1)?.epoch ?? 0 };
    const layout = layOutParameters(planLayers(this.#genome, problem));
    const files = this.#files(this.#done.at(-1)?.states ?? []);
    await storage.write(checkpointPath, await encodeMeanCheckpoint(storage, layout, files, outcome, this.#id));
    await this.#removeStates();
    return outcome;
  }

  #stateFile(id: string): string {
    return this.#options.run.folder.roundState(this.#id, id);
  }

  #files(ids: readonly string[]): readonly StateFile[] {
    return ids.map((id) => ({ id, path: this.#stateFile(id) }));
  }

  /** Removes the states of all rounds but these. A failure is harmless: the next round tries again. */
  async #removeStates(kept: readonly RoundEntry[] = []): Promise<void> {
    const { storage, folder } = this.#options.run;
    const keptPaths = new Set(kept.flatMap(({ states }) => states.map((id) => this.#stateFile(id))));
    try {
      for (const path of await storage.list(folder.rounds(this.#id))) {
        if (!keptPaths.has(path)) await storage.remove(path);
      }
      if (keptPaths.size > 0) return;
      await storage.remove(folder.rounds(this.#id));
      if ((await storage.list(folder.rounds())).length === 0) await storage.remove(folder.rounds());
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
    }
  }
}

/** The steps of a round that a replica takes. */
function stepsOfReplica(from: number, to: number, replica: number, replicas: number): readonly number[] {
  const all = Array.from({ length: to - from }, (_, i) => from + i);
  return all.filter((step) => step % replicas === replica);
}
