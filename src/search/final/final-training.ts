// Trains the winner on all training and validation images, as many times as configured.

import { mapCancelling } from '../../concurrency.ts';
import { plannedSteps, type TrainingPlan } from '../../engine/training/training-plan.ts';
import { checkpointOutcome } from '../../evaluation/checkpoint.ts';
import type { EvaluationProgress, Evaluator } from '../../evaluation/evaluator.ts';
import { replayOutcome } from '../../evaluation/recorded-outcome.ts';
import type { EvaluationOutcome } from '../../evaluation/task.ts';
import { estimateCost } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { trainingWork } from '../../genome/work.ts';
import type { AdjustSteps } from '../budget/adjust-steps.ts';
import { usedImages } from '../budget/candidate-work.ts';
import { finalThreads } from '../budget/final-share.ts';
import { finalTask, type IdentifiedTask, idOf } from '../candidates/identified-task.ts';
import type { RunSession } from '../candidates/run-session.ts';
import { workSettingOf } from '../config/network-input.ts';
import { membersOf, trainingsOf } from '../config/views.ts';
import type { SearchEmitter } from '../records/events.ts';
import type { FinalEntry, PlanEntry } from '../records/journal-entry.ts';
import type { OpenRun } from '../records/open-run.ts';
import { FinalPlans, plannedIn } from './final-plans.ts';
import { limitEvaluator } from './limit-evaluator.ts';
import { type Rounds, roundsOf } from './rounds.ts';
import { type RoundOptions, RoundTraining } from './train-in-rounds.ts';

/** A change of the length by more than this share is reported to the user. */
const TOLD_CHANGE = 0.2;

/**
 * Trains a genome from scratch on all training and validation images, as often as `repeats` or `ensemble` says. Trainings
 * that are in the journal are not repeated.
 *
 * @param adjustSteps  may change the length of a training that becomes the model, or of members of it, while it runs.
 * @returns all trainings, including failed ones.
 * @throws {EvaluationError} `cancelled` if the signal is aborted.
 */
export async function trainFinals(
  session: RunSession,
  genome: Genome,
  adjustSteps: AdjustSteps | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly FinalEntry[]> {
  const { config } = session;
  const evaluator = limitEvaluator(session.evaluator);
  const atATime = Math.ceil(evaluator.concurrency / config.replicas);
  const threads = finalThreads(config, evaluator.concurrency);
  const numbers = Array.from({ length: trainingsOf(config) }, (_, index) => index + 1);
  const shared = { session, evaluator, threads, plans: new FinalPlans(session.run) };
  const train = (repeat: number, cancelled: AbortSignal) => {
    const turns = Math.ceil((numbers.length - repeat + 1) / atATime);
    const training = { ...shared, repeat, adjustSteps: adjustSteps && withTurns(adjustSteps, turns) };
    return trainFinal(training, genome, cancelled);
  };
  return mapCancelling(numbers, atATime, train, signal);
}

/** The time that is left is for this training and as many others after it as long. */
function withTurns(adjustSteps: AdjustSteps, turns: number): AdjustSteps {
  return (done, total, secondsPerStep) =>
    Math.max(done, Math.floor(adjustSteps(done, turns * total, secondsPerStep) / turns));
}

/** The context of a final training. */
interface FinalTraining {
  /** From 1. */
  readonly repeat: number;
  readonly session: RunSession;
  readonly evaluator: Evaluator;
  /** Of each process. */
  readonly threads: number;
  readonly adjustSteps: AdjustSteps | undefined;
  readonly plans: FinalPlans;
}

async function trainFinal(training: FinalTraining, genome: Genome, signal: AbortSignal): Promise<FinalEntry> {
  const { session, evaluator, threads, repeat } = training;
  const { run, config, events } = session;
  const { folder, entries, journal, storage } = run;
  const base = finalTask(genome, session.tasks, repeat);
  const rounds = roundsFor(training, genome);
  const identified = rounds === undefined ? base : inRounds(base, rounds, training);
  const { id, task } = identified;
  const done = entries.findLast((entry): entry is FinalEntry => entry.type === 'final' && entry.id === id);
  if (done !== undefined && (done.failure !== undefined || (await storage.has(folder.checkpoint(id))))) return done;
  const candidate = { id, genome: task.genome };
  events.emit('finalStart', { ...candidate, repeat });
  const began = performance.now();
  const onProgress = (progress: EvaluationProgress) => events.emit('finalProgress', { ...candidate, progress });
  let earlierSeconds = 0;
  let outcome: EvaluationOutcome;
  if (rounds === undefined) {
    outcome = await evaluator.evaluate(task, { signal, onProgress, threads });
  } else {
    const known = await checkpointOutcome(storage, task, (notice) => events.emit('notice', notice));
    const parts = new RoundTraining(identified, base.id, roundOptions(training, rounds, onProgress));
    earlierSeconds = parts.earlierSeconds;
    outcome = known === undefined ? await parts.run(signal) : replayOutcome(known, task, { signal, onProgress });
    if (training.adjustSteps !== undefined && mayAdjust(run)) reportChange(parts.plan, events);
  }
  const { fitness: _, ...described } = session.describe(candidate, outcome, began - earlierSeconds * 1000);
  const entry: FinalEntry = { type: 'final', ...described };
  journal.append(entry);
  events.emit('final', entry);
  if (entry.failure !== undefined) {
    const count = trainingsOf(config);
    const which = count === 1 ? 'the final training' : `final training ${repeat} of ${count}`;
    const isOnly = config.genome === undefined && count === 1;
    const others = membersOf(config) > 1 ? '; the model is made of the others' : '';
    const instead = isOnly ? '; the model has the weights of the search' : others;
    events.emit('notice', `${which} failed (${entry.failure.message})${instead}`);
  }
  return entry;
}

function roundsFor(
  { session: { run, config }, repeat, adjustSteps }: FinalTraining,
  genome: Genome,
): Rounds | undefined {
  const work = trainingWork(estimateCost(genome, run.problem), workSettingOf(config));
  const isPlanned = adjustSteps !== undefined || run.entries.some(({ type }) => type === 'plan');
  const planned = { ...config, finalSteps: plannedIn(config, repeat) };
  return roundsOf(planned, perEpochOf(run), work * config.training.batchSize, isPlanned && config.repeats === 1);
}

/**
 * The task of a training in rounds. As long as its length may change, its settings do not determine its outcome. It then
 * gets a unique id, so that no other run reuses its weights.
 */
function inRounds(
  { id: base, genome, task }: IdentifiedTask,
  rounds: Rounds,
  { session: { run, tasks }, adjustSteps }: FinalTraining,
): IdentifiedTask {
  const planned = run.entries.find((entry): entry is PlanEntry => entry.type === 'plan' && entry.of === base);
  const mayChange = adjustSteps !== undefined && mayAdjust(run);
  const id = planned?.id ?? idOf([base, rounds, mayChange ? crypto.randomUUID() : 0]);
  return { id, genome, task: { ...task, id, checkpointPath: tasks.checkpoint(id) } };
}

/** The length is fixed if the configuration already says how it changes, or if trainings are compared with each other. */
function mayAdjust({ config, entries }: OpenRun): boolean {
  const isOurs = plannedIn(config, 1) === undefined || entries.some(({ type }) => type === 'plan');
  return isOurs && config.repeats === 1;
}

function roundOptions(
  { session: { run, events, elapsedSeconds }, evaluator, threads, repeat, adjustSteps, plans }: FinalTraining,
  rounds: Rounds,
  onProgress: RoundOptions['onProgress'],
): RoundOptions {
  const onNotice = (notice: string): void => {
    events.emit('notice', notice);
  };
  const options = { run, evaluator, rounds, threads, perEpoch: perEpochOf(run), elapsedSeconds, onProgress, onNotice };
  if (adjustSteps === undefined || !mayAdjust(run)) return options;
  const onPlan = (plan: TrainingPlan) => plans.record(repeat, plan);
  return { ...options, adjustSteps, onPlan };
}

/** The journal has each change of the length; the user sees one notice if the total change is large. */
function reportChange(plan: TrainingPlan, events: SearchEmitter): void {
  const [{ total: planned }] = plan;
  const steps = plannedSteps(plan);
  if (Math.abs(steps - planned) <= TOLD_CHANGE * planned) return;
  events.emit('notice', `the final training took ${steps} steps instead of the ${planned} planned, to end in time`);
}

/** Number of steps in one pass over the images. */
function perEpochOf({ config, dataSize }: OpenRun): number {
  return Math.ceil(usedImages(config, dataSize) / config.training.batchSize);
}
