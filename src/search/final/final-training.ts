// The winner is trained on all training images, as often as asked.

import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import type { EvaluationProgress, Evaluator } from '../../evaluation/evaluator.ts';
import { replayOutcome } from '../../evaluation/recorded-outcome.ts';
import type { EvaluationOutcome } from '../../evaluation/task.ts';
import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import { trainingWork } from '../../genome/work.ts';
import type { Replan } from '../budget/replan.ts';
import { finalTask, type IdentifiedTask, idOf, type TaskSettings } from '../candidates/identified-task.ts';
import { networkInputOf } from '../config/network-input.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import type { Candidate, SearchEvents } from '../records/events.ts';
import type { EvaluationEntry, FinalEntry, PlanEntry } from '../records/journal-entry.ts';
import { checkpointOutcome } from '../shared/shared-results.ts';
import { type OpenRun, writeConfig } from '../start-run.ts';
import { limitEvaluator } from './limit-evaluator.ts';
import { type Rounds, roundsOf } from './rounds.ts';
import { type RoundOptions, RoundTraining } from './train-in-rounds.ts';

export interface FinalTraining {
  readonly run: OpenRun;
  readonly evaluator: Evaluator;
  readonly tasks: TaskSettings;
  readonly events: EventEmitter<SearchEvents>;
  /** As the run has taken them so far, over all its sessions. */
  readonly elapsedSeconds: () => number;
  /** May change its length in its midst, where there is one training. */
  readonly replan?: Replan;
  /** What the journal says of an outcome; `began` is a time of `performance.now()`. */
  readonly describe: (candidate: Candidate, outcome: EvaluationOutcome, began: number) => Omit<EvaluationEntry, 'type'>;
}

/**
 * Trains a genome from scratch on all training images, `repeats` times; what the journal holds is not trained again.
 *
 * @returns those that failed too.
 * @throws {EvaluationError} `cancelled` if the signal is aborted.
 */
export async function trainFinals(
  training: FinalTraining,
  genome: string,
  signal: AbortSignal | undefined,
): Promise<readonly FinalEntry[]> {
  const { repeats, replicas } = training.run.config;
  const evaluator = limitEvaluator(training.evaluator);
  const atATime = Math.ceil(evaluator.concurrency / replicas);
  const numbers = Array.from({ length: repeats }, (_, index) => index + 1);
  const train = (repeat: number, cancelled: AbortSignal) =>
    trainFinal({ ...training, evaluator }, genome, repeat, cancelled);
  return mapConcurrently(numbers, atATime, train, signal);
}

async function trainFinal(
  training: FinalTraining,
  genome: string,
  repeat: number,
  signal: AbortSignal,
): Promise<FinalEntry> {
  const { run, evaluator, tasks, events, describe } = training;
  const { folder, entries, journal, config } = run;
  const base = finalTask(genome, tasks, repeat);
  const rounds = roundsFor(training, genome);
  const { id, task } = rounds === undefined ? base : inRounds(base, rounds, training);
  const done = entries.findLast((entry): entry is FinalEntry => entry.type === 'final' && entry.id === id);
  if (done !== undefined && (done.failure !== undefined || existsSync(folder.checkpoint(id)))) return done;
  const candidate = { id, genome };
  events.emit('finalStart', { ...candidate, repeat });
  const began = performance.now();
  const onProgress = (progress: EvaluationProgress) => events.emit('finalProgress', { ...candidate, progress });
  let earlierSeconds = 0;
  let outcome: EvaluationOutcome;
  if (rounds === undefined) {
    outcome = await evaluator.evaluate(task, { signal, onProgress });
  } else {
    const known = await checkpointOutcome(task, (notice) => events.emit('notice', notice));
    const parts = new RoundTraining({ id, task }, base.id, roundOptions(training, rounds, onProgress));
    earlierSeconds = parts.earlierSeconds;
    outcome = known === undefined ? await parts.run(signal) : replayOutcome(known, task, { signal, onProgress });
  }
  const { fitness: _, ...described } = describe(candidate, outcome, began - earlierSeconds * 1000);
  const entry: FinalEntry = { type: 'final', ...described };
  journal.append(entry);
  events.emit('final', entry);
  if (entry.failure !== undefined) {
    const which = config.repeats === 1 ? 'the final training' : `final training ${repeat} of ${config.repeats}`;
    const instead =
      config.genome === undefined && config.repeats === 1 ? '; the model has the weights of the search' : '';
    events.emit('notice', `${which} failed (${entry.failure.message})${instead}`);
  }
  return entry;
}

function roundsFor({ run, replan }: FinalTraining, genome: string): Rounds | undefined {
  const { config, dataset, entries } = run;
  const work = trainingWork(estimateCost(parseGenome(genome), networkInputOf(config, dataset)));
  const isPlanned = replan !== undefined || entries.some(({ type }) => type === 'plan');
  return roundsOf(config, perEpochOf(run), work * config.training.batchSize, isPlanned && config.repeats === 1);
}

/**
 * The task in rounds. While its length may yet change, its outcome is not known by its settings: then no other run takes
 * its weights for those that it looks for.
 */
function inRounds(
  { id: base, task }: IdentifiedTask,
  rounds: Rounds,
  { run, tasks, replan }: FinalTraining,
): IdentifiedTask {
  const planned = run.entries.find((entry): entry is PlanEntry => entry.type === 'plan' && entry.of === base);
  const mayChange = replan !== undefined && mayReplan(run);
  const id = planned?.id ?? idOf([base, rounds, mayChange ? randomUUID() : 0]);
  return { id, task: { ...task, id, checkpointPath: tasks.checkpoint(id) } };
}

/** A configuration that says how the length is changed is kept to; several trainings have one. */
function mayReplan({ config, entries }: OpenRun): boolean {
  const isOurs = config.finalSteps === undefined || entries.some(({ type }) => type === 'plan');
  return isOurs && config.repeats === 1;
}

function roundOptions(
  { run, evaluator, events, elapsedSeconds, replan }: FinalTraining,
  rounds: Rounds,
  onProgress: RoundOptions['onProgress'],
): RoundOptions {
  const onNotice = (notice: string): void => {
    events.emit('notice', notice);
  };
  const options = { run, evaluator, rounds, perEpoch: perEpochOf(run), elapsedSeconds, onProgress, onNotice };
  if (replan === undefined || !mayReplan(run)) return options;
  return {
    ...options,
    replan(done, total, secondsPerStep) {
      const steps = replan(done, total, secondsPerStep);
      if (steps !== total) onNotice(`the final training has ${steps} steps instead of ${total}, to end in time`);
      return steps;
    },
    async onPlan(finalSteps) {
      await writeConfig(run.folder, { ...run.config, finalSteps: [...finalSteps] });
    },
  };
}

/** Steps that see all images once. */
function perEpochOf({ config, dataset }: OpenRun): number {
  const images = Math.min(config.trainLimit ?? dataset.train.count, dataset.train.count);
  return Math.ceil(images / config.training.batchSize);
}
