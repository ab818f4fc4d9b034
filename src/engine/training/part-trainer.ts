// Trains parts of one training: some of its steps, from one state to another. However the training is divided, each step
// has the same batch, augmentation and learning rate as in the undivided training.

import { InvalidInputError } from '../../errors.ts';
import { createOptimiser } from '../../network/graph/optimiser.ts';
import type { Network } from '../../network/training-graph.ts';
import type { Rng } from '../../random/rng.ts';
import type { Runtime } from '../runtime.ts';
import { initialiseState } from '../state/initialise.ts';
import type { TrainingState } from '../state/training-state.ts';
import { createEpochRunner, type EpochRun, type EpochRunner, requireFinite, stepsPerEpoch } from './epoch-runner.ts';
import { createSchedule } from './schedule.ts';
import {
  dropoutSeed,
  type EpochRecord,
  type TrainingData,
  type TrainingHooks,
  type TrainingSettings,
  trainingLoss,
} from './train.ts';
import { plannedSteps, schedulePosition, type TrainingPlan } from './training-plan.ts';
import { TrainingSession } from './training-session.ts';

/** The steps of a part: every `replicas`-th from `from` to before `to`, counted from 0 over all epochs. */
export interface TrainingPart {
  readonly from: number;
  readonly to: number;
  /** Takes the steps whose number modulo `replicas` is this, so that all replicas together take each step once. */
  readonly replica: number;
  readonly replicas: number;
  /** Plan of the whole training. */
  readonly plan: TrainingPlan;
}

export interface PartResult {
  /** The part's share of each epoch in which it had steps, with `examples`. */
  readonly history: readonly EpochRecord[];
  readonly state: TrainingState;
}

/** Trains part after part of one training with the same compiled step. */
export class PartTrainer {
  readonly #runtime: Runtime;
  readonly #network: Network;
  readonly #settings: TrainingSettings;
  readonly #data: TrainingData;
  readonly #rng: Rng;
  readonly #inherited: ReadonlyMap<string, Float32Array> | undefined;
  readonly #runEpoch: EpochRunner;
  /** Reused by later parts, unless it draws dropout masks, because it would draw different masks each time. */
  #session: TrainingSession | undefined;

  /**
   * @param inherited  as for `train`.
   * @param rng  as for `train`: a single part that covers the whole training gives the result of `train`, bit for bit.
   * @throws {InvalidInputError} for a schedule that needs the loss of whole epochs.
   */
  constructor(
    runtime: Runtime,
    network: Network,
    settings: TrainingSettings,
    data: TrainingData,
    rng: Rng,
    inherited?: ReadonlyMap<string, Float32Array>,
  ) {
    if (settings.schedule.name === 'reduce-on-plateau') {
      throw new InvalidInputError(
        'the schedule reduce-on-plateau needs the loss of whole epochs and cannot train in rounds; use another schedule, such as one-cycle, or set replicas to 1 without roundSteps',
        { details: { schedule: settings.schedule.name } },
      );
    }
    this.#runtime = runtime;
    this.#network = network;
    this.#settings = settings;
    this.#data = data;
    this.#rng = rng;
    this.#inherited = inherited;
    this.#runEpoch = createEpochRunner(runtime, network, settings, data, rng);
  }

  /**
   * The same arguments give the same result. Dividing the training does not change it, except with dropout, whose masks are
   * redrawn for each part.
   *
   * @param start  the state before `part.from`. Default: the initial state.
   * @throws {EvaluationError} `diverged` if a loss or a parameter is not a finite number; the signal's reason if it is
   *   aborted.
   */
  async train(part: TrainingPart, start: TrainingState | undefined, hooks: TrainingHooks = {}): Promise<PartResult> {
    const { from, to, replica, replicas, plan } = part;
    const { schedule: scheduleSettings, learningRate, warmUpEpochs, batchSize } = this.#settings;
    const perEpoch = stepsPerEpoch(this.#data, batchSize);
    const schedule = createSchedule(scheduleSettings, learningRate, plan[0].total, perEpoch, warmUpEpochs);
    const session = await this.#sessionFor(part);
    session.restore(start ?? this.#initial());
    const rateAt = (step: number) => schedule.rateAt(schedulePosition(plan, step));
    const run: EpochRun = { session, rateAt, totalSteps: plannedSteps(plan), hooks };
    const history: EpochRecord[] = [];
    for (let first = from - (from % perEpoch); first < to; first += perEpoch) {
      const epoch = first / perEpoch + 1;
      const range = {
        from: Math.max(0, from - first),
        to: Math.min(perEpoch, to - first),
        takes: (batch: number) => (first + batch) % replicas === replica,
      };
      const sums = await this.#runEpoch(run, epoch, range);
      if (sums.examples === 0) continue;
      const record: EpochRecord = { epoch, ...sums };
      history.push(record);
      if (to >= Math.min(first + perEpoch, run.totalSteps))
        hooks.onEpochEnd?.(epoch, (await session.snapshot()).parameters);
      hooks.onProgress?.({ step: first + range.to, totalSteps: run.totalSteps, epoch: record });
    }
    const state = await session.save();
    requireFinite(state.parameters, history.at(-1)?.epoch ?? 1);
    return { history, state };
  }

  async release(): Promise<void> {
    await this.#session?.release();
    this.#session = undefined;
  }

  #initial(): TrainingState {
    const initial = initialiseState(this.#network.layout, this.#rng.fork('initial state'), this.#inherited);
    const zeros = new Float32Array(initial.parameters.length);
    const slots = createOptimiser(this.#settings.optimiser).slots.map((name) => [name, zeros] as const);
    return { ...initial, slots: Object.fromEntries(slots), steps: 0 };
  }

  async #sessionFor({ from, replica }: TrainingPart): Promise<TrainingSession> {
    const drops = this.#network.layers.some(({ kind }) => kind === 'dropout');
    if (this.#session !== undefined && !drops) return this.#session;
    await this.release();
    const { optimiser, statisticsMomentum } = this.#settings;
    const masks = this.#rng.fork('dropout');
    const isFirst = from === 0 && replica === 0;
    const options = {
      loss: trainingLoss(this.#settings, this.#data, this.#network.problem.classes),
      dropoutSeed: dropoutSeed(isFirst ? masks : masks.fork(`step ${from}`).fork(replica)),
    };
    this.#session = await TrainingSession.create(
      this.#runtime,
      this.#network,
      optimiser,
      this.#initial(),
      statisticsMomentum,
      options,
    );
    return this.#session;
  }
}
