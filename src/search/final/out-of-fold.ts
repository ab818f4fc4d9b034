// Predictions for every image of the final training, by networks that were trained without it.

import { mapCancelling } from '../../concurrency.ts';
import { type Examples, imageSizeOf, readImages, selectExamples } from '../../data/set/dataset.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import { EvaluationError } from '../../errors.ts';
import { checkpointOutcome } from '../../evaluation/checkpoint.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { selectFolds } from '../../evaluation/select-data.ts';
import type { Genome } from '../../genome/genome.ts';
import { foldTask, type IdentifiedTask, taskSettingsOf } from '../candidates/identified-task.ts';
import { viewsOf } from '../config/views.ts';
import { buildModel } from '../model/build-model.ts';
import type { OpenRun } from '../records/open-run.ts';
import { limitEvaluator } from './limit-evaluator.ts';

/** How the folds are trained. */
export interface FoldTraining {
  readonly genome: Genome;
  readonly folds: number;
  readonly epochs: number;
  /** Networks for each fold, whose mean predicts. */
  readonly members: number;
  /** Paths of their weights. */
  readonly checkpoint: (id: string) => string;
  readonly evaluator: Evaluator;
  readonly signal: AbortSignal;
  /** Called with the share of all trainings that is done, 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly onNotice: (notice: string) => void;
}

/** Predictions for labelled images by networks that were not trained on them. */
export interface OutOfFold {
  /** Number of classes. */
  readonly classes: number;
  /** `[n]`: the classes that the images are given as. */
  readonly labels: Int32Array;
  /** `[n, classes]`. */
  readonly probabilities: Float32Array;
}

export interface PredictedExamples extends OutOfFold {
  readonly examples: Examples;
  /** `[n]`: positions in `examples`. */
  readonly indices: Int32Array;
}

const BATCH = 250;

/**
 * Trains the network once for each fold, without its images, and predicts these. Trainings that an interrupted call has
 * finished are not repeated. The number of workers has no effect on the predictions.
 *
 * @throws {EvaluationError} if a training fails, `cancelled` if the signal is aborted.
 */
export async function predictOutOfFold(run: OpenRun, training: FoldTraining): Promise<PredictedExamples> {
  const { genome, folds, epochs, members, checkpoint, signal } = training;
  const { dataset, config } = run;
  const settings = { ...taskSettingsOf(run), config: { ...config, tensorboard: false }, checkpoint };
  const byFold = Array.from({ length: folds }, (_, fold) =>
    Array.from({ length: members }, (_, member) => foldTask(genome, settings, epochs, { fold, folds }, member + 1)),
  );
  const tasks = byFold.flat();
  const [first] = tasks;
  const selected = first === undefined ? undefined : selectFolds(dataset, first.task.selection, folds);
  if (selected === undefined) throw new RangeError('there is no fold');
  await trainFolds(tasks, run, training);
  const classes = dataset.classes.length;
  const { examples, indices, foldOf } = selected;
  const labels = indices.map((index) => examples.labels[index] ?? 0);
  const probabilities = new Float32Array(indices.length * classes);
  const size = imageSizeOf(dataset.shape);
  const runtime = await run.loadRuntime();
  for (const [fold, ofFold] of byFold.entries()) {
    const paths = ofFold.map(({ task }) => task.checkpointPath ?? '');
    const bytes = await buildModel(first?.task.genome ?? '', run, paths, viewsOf(config));
    const model = await DeployedModel.load(runtime, bytes, paths.join(', '));
    const positions = Int32Array.from(indices.keys()).filter((position) => foldOf[position] === fold);
    const left = selectExamples(
      examples,
      size,
      positions.map((position) => indices[position] ?? 0),
    );
    for (let from = 0; from < left.count; from += BATCH) {
      signal.throwIfAborted();
      const to = Math.min(from + BATCH, left.count);
      const predicted = await model.predict(readImages(left, size, from, to), dataset.shape);
      for (let i = from; i < to; i++) {
        const row = predicted.probabilities.subarray((i - from) * classes, (i - from + 1) * classes);
        probabilities.set(row, (positions[i] ?? 0) * classes);
      }
    }
    await model.release();
  }
  return { examples, indices, classes, labels, probabilities };
}

async function trainFolds(
  tasks: readonly IdentifiedTask[],
  { storage }: OpenRun,
  { folds, evaluator, signal, onProgress, onNotice }: FoldTraining,
): Promise<void> {
  const limited = limitEvaluator(evaluator);
  const shares = tasks.map(() => 0);
  const advance = (number: number, share: number): void => {
    shares[number] = share;
    onProgress(shares.reduce((sum, each) => sum + each, 0) / tasks.length);
  };
  const train = async ({ task }: IdentifiedTask, number: number, cancelled: AbortSignal): Promise<void> => {
    const known = await checkpointOutcome(storage, task, onNotice);
    const outcome =
      known ??
      (await limited.evaluate(task, {
        signal: cancelled,
        onProgress: ({ step, totalSteps }) => advance(number, step / totalSteps),
      }));
    if (outcome.failure !== undefined) {
      const { reason, message } = outcome.failure;
      const { fold = 0 } = task.selection.leaveOut ?? {};
      throw new EvaluationError(
        reason,
        `the training without fold ${fold + 1} of ${folds} failed (${message}); try another number of folds, or a run that trains longer`,
        { details: { fold, folds } },
      );
    }
    advance(number, 1);
  };
  await mapCancelling(
    tasks.map((task, number) => ({ task, number })),
    evaluator.concurrency,
    ({ task, number }, cancelled) => train(task, number, cancelled),
    signal,
  );
}
