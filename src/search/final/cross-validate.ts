// What the recipe of a run reaches on images that it was not trained on, measured on all images of the final training.

import { wilsonInterval } from '../../arithmetic/wilson-interval.ts';
import { ReportCounter } from '../../engine/scoring/classification-report.ts';
import { indexOfMaximum } from '../../engine/scoring/metrics.ts';
import { EvaluationError } from '../../errors.ts';
import type { Genome } from '../../genome/genome.ts';
import { counted, duration } from '../../text/figures.ts';
import { type RunSession, roundSeconds } from '../candidates/run-session.ts';
import { membersOf } from '../config/views.ts';
import type { FinalEntry } from '../records/journal-entry.ts';
import type { SearchSummary } from '../records/summary.ts';
import { finalEpochsOf } from './final-plans.ts';
import { type OutOfFold, predictOutOfFold } from './out-of-fold.ts';

type CrossValidation = NonNullable<SearchSummary['crossValidation']>;

/**
 * Trains the network once for each fold without its images, as long as the final training was and with as many members, and
 * scores it on them. Trainings that an interrupted run has finished are not repeated.
 *
 * @param finals  the final trainings, which tell how long it takes.
 * @returns undefined if it is not asked for, or a training failed.
 * @throws {EvaluationError} `cancelled` if the signal is aborted.
 */
export async function crossValidate(
  session: RunSession,
  genome: Genome,
  finals: readonly FinalEntry[],
  signal: AbortSignal,
): Promise<CrossValidation | undefined> {
  const { run, config, events, evaluator } = session;
  const { crossValidation: folds } = config;
  const members = membersOf(config);
  if (folds === undefined) return undefined;
  const began = performance.now();
  const epochs = finalEpochsOf(run);
  const ofOne = finals.reduce((sum, { seconds }) => sum + seconds, 0) / finals.length;
  events.emit(
    'notice',
    `cross-validation: ${counted(folds * members, 'training')}, each without one of ${folds} folds of the training images; about ${duration((folds - 1) * members * ofOne)}${config.budget === undefined ? '' : ', beyond the budget'}`,
  );
  let told = 0;
  const onProgress = (share: number): void => {
    const done = Math.floor(share * folds);
    if (done <= told || done === folds) return;
    told = done;
    events.emit('notice', `cross-validation: ${done} of ${folds} parts done`);
  };
  try {
    const predicted = await predictOutOfFold(run, {
      genome,
      folds,
      epochs,
      members,
      checkpoint: run.folder.checkpoint,
      evaluator,
      signal,
      onProgress,
      onNotice: (notice) => events.emit('notice', notice),
    });
    return { folds, epochs, ...scoreOf(predicted), seconds: roundSeconds((performance.now() - began) / 1000) };
  } catch (error) {
    if (!(error instanceof EvaluationError) || error.reason === 'cancelled') throw error;
    events.emit('notice', `the cross-validation has no result: ${error.message}`);
    return undefined;
  }
}

/** Over all images, and the mean over the classes that have some. */
export function scoreOf({
  classes,
  labels,
  probabilities,
}: OutOfFold): Pick<CrossValidation, 'images' | 'accuracy' | 'interval' | 'balancedAccuracy'> {
  const counter = new ReportCounter(classes);
  const predicted = labels.map((_, i) => indexOfMaximum(probabilities.subarray(i * classes, (i + 1) * classes)));
  counter.add(predicted, probabilities, labels);
  const { macro, confusion } = counter.report();
  const accuracy = confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0) / labels.length;
  return {
    images: labels.length,
    accuracy,
    interval: wilsonInterval(accuracy, labels.length),
    balancedAccuracy: macro.recall,
  };
}
