// Finds the images of a finished run whose labels are doubtful.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readCorrections } from '../../data/layout/read-corrections.ts';
import { nameImages } from '../../data/name-images.ts';
import type { Correction } from '../../data/set/corrections.ts';
import { type Dataset, type Examples, imageSizeOf, readImages } from '../../data/set/dataset.ts';
import { deviceOf } from '../../engine/device.ts';
import { AutoCnnError, EvaluationError, InterruptedError, InvalidInputError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import { ProcessPoolEvaluator } from '../../evaluation/node/process-pool-evaluator.ts';
import { parseGenome } from '../../genome/text.ts';
import { formatBudget, requireBudget } from '../config/budget-text.ts';
import type { RunConfig } from '../config/config.ts';
import { finalEpochsOf } from '../final/final-plans.ts';
import { type PredictedExamples, predictOutOfFold } from '../final/out-of-fold.ts';
import type { OpenRun } from '../records/open-run.ts';
import { sourcesAt } from '../run/data-place.ts';
import { readJson } from '../run/run-folder.ts';
import { settleEngine } from '../settle-engine.ts';
import { type OpenOptions, reopenRun } from '../start-run.ts';
import { findLabelErrors, rankBySelfConfidence } from './confident-learning.ts';
import { epochsWithin, type Spending } from './fold-epochs.ts';
import { findNearCopies } from './near-copies.ts';
import { type RankedImage, type SuspectRecords, suspectPathsOf } from './suspect-records.ts';

export interface SuspectOptions extends Pick<OpenOptions, 'cacheDir' | 'onLoadProgress' | 'startedAt'> {
  /** Default: 5. */
  readonly folds?: number | undefined;
  /** Time or computing for all of it, such as `5m`. Default: trainings as long as the run's final one. */
  readonly budget?: string | undefined;
  /** Number of child processes; no effect on results. Default: as in the run. */
  readonly workers?: number | undefined;
  /** Trains the folds; without it a pool of `workers` child processes. It is closed at the end. */
  readonly evaluator?: Evaluator;
  readonly signal?: AbortSignal;
  /** Called before the trainings. */
  readonly onPlan?: (plan: { readonly folds: number; readonly epochs: number; readonly images: number }) => void;
  /** Called with the share of all trainings that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly onNotice?: (notice: string) => void;
}

export interface FoundSuspects {
  /** Absolute path of the run. */
  readonly folder: string;
  readonly records: SuspectRecords;
  /** All images, suspects or not, the lowest self-confidence first. */
  readonly ranking: readonly RankedImage[];
  readonly dataset: Dataset;
  readonly examples: Examples;
  /** The corrections that the run's data was loaded with. */
  readonly corrections: readonly Correction[];
}

const DEFAULT_FOLDS = 5;

/**
 * Trains the network of a finished run without a part of its images, once for each part, and ranks all images by what the
 * networks that had not seen them say about their labels. Called again after an interruption, it goes on. Writes
 * `suspects.json` into the run folder.
 *
 * @throws {InvalidInputError} if the folder is no finished run, its data is gone, or an option is out of range;
 *   {EvaluationError} if a training fails; {InterruptedError} if the signal is aborted; {RunLockedError}.
 */
export async function findSuspects(path: string, options: SuspectOptions = {}): Promise<FoundSuspects> {
  const { folds = DEFAULT_FOLDS, startedAt = performance.now(), onNotice = () => {} } = options;
  const run = await reopenRun(path, {}, { ...options, startedAt });
  let evaluator: Evaluator | undefined;
  const signal = options.signal ? AbortSignal.any([options.signal, run.lost]) : run.lost;
  try {
    const genome = requireFinished(run, path);
    const { notices, ...engine } = await settleEngine(run.config, options);
    for (const notice of notices) onNotice(notice);
    const config: RunConfig = { ...run.config, ...engine };
    const settled: OpenRun = { ...run, config };
    const workers = Math.min(options.workers ?? config.workers, folds);
    evaluator = options.evaluator ?? new ProcessPoolEvaluator({ workers, device: deviceOf(config) });
    const epochs = await planEpochs(settled, genome, folds, options.budget, {
      evaluator,
      signal,
      secondsSpent: () => (performance.now() - startedAt) / 1000,
    });
    options.onPlan?.({ folds, epochs, images: run.dataset.train.count });
    const predicted = await predictOutOfFold(settled, {
      genome: parseGenome(genome),
      folds,
      epochs,
      members: 1,
      checkpoint: suspectPathsOf(run.folder).checkpoint,
      evaluator,
      signal,
      onProgress: options.onProgress ?? (() => {}),
      onNotice,
    });
    const files = await filesOf(config, options, onNotice);
    const { ranking, errors } = rankImages(predicted, run.dataset, files);
    const records: SuspectRecords = {
      fingerprint: run.dataset.fingerprint,
      genome,
      folds,
      epochs,
      classes: run.dataset.classes,
      images: ranking.length,
      accuracy:
        ranking.filter(({ selfConfidence, otherConfidence }) => selfConfidence > otherConfidence).length /
        ranking.length,
      thresholds: errors.thresholds,
      joint: errors.joint,
      wrong: ranking.filter(({ isWrong }) => isWrong).length,
      nearCopies: ranking.filter(({ nearCopy }) => nearCopy !== undefined).length,
      suspects: suspectsIn(ranking),
    };
    await run.storage.write(suspectPathsOf(run.folder).records, `${JSON.stringify(records, null, 2)}\n`);
    const { labels } = config.dataset;
    const corrections = labels !== undefined && existsSync(labels) ? (await readCorrections(labels)).rows : [];
    const { folder, dataset } = run;
    return { folder: folder.path, records, ranking, dataset, examples: predicted.examples, corrections };
  } catch (error) {
    run.checkOwner();
    if (!signal.aborted && !(error instanceof EvaluationError && error.reason === 'cancelled')) throw error;
    throw new InterruptedError(
      `the trainings for ${run.folder.path} were interrupted; run the same command again to go on`,
      { cause: error, details: { path: run.folder.path } },
    );
  } finally {
    await evaluator?.close();
    run.close();
  }
}

function requireFinished({ summary, folder }: OpenRun, path: string): string {
  if (summary !== undefined) return summary.genome;
  throw new InvalidInputError(
    `${folder.path} is not finished, so its network is not known yet; finish it with "auto-cnn resume ${path}"`,
    { details: { path: folder.path } },
  );
}

/** What a budget came to is kept, so that a repetition trains the same. */
async function planEpochs(
  run: OpenRun,
  genome: string,
  folds: number,
  text: string | undefined,
  spending: Spending,
): Promise<number> {
  if (text === undefined) return finalEpochsOf(run);
  const budget = requireBudget(text, '--budget');
  const { plan } = suspectPathsOf(run.folder);
  const asked = JSON.stringify([folds, formatBudget(budget), run.config.engineKind]);
  const known = existsSync(plan) ? (readJson(plan, 'the plan') as { asked?: unknown; epochs?: unknown }) : {};
  if (known.asked === asked && typeof known.epochs === 'number') return known.epochs;
  const epochs = await epochsWithin(budget, run, parseGenome(genome), folds, spending);
  await run.storage.write(plan, `${JSON.stringify({ asked, epochs })}\n`);
  return epochs;
}

/** Names help people; the ranking does without. */
async function filesOf(
  { dataset: asked }: RunConfig,
  { cacheDir, signal }: SuspectOptions,
  onNotice: (notice: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const [source] = sourcesAt(asked);
  if (source === undefined) return new Map();
  const { source: _, path, fingerprint, labels, ...form } = asked;
  try {
    return await nameImages(source, { ...form, cacheDir, signal });
  } catch (error) {
    if (!(error instanceof AutoCnnError)) throw error;
    onNotice(`images are not named by their files: ${error.message}`);
    return new Map();
  }
}

/** Of two near copies, the one with the lower self-confidence is doubtful. */
function suspectsIn(ranking: readonly RankedImage[]): readonly RankedImage[] {
  const confidences = new Map(ranking.map(({ index, selfConfidence }) => [index, selfConfidence]));
  return ranking.filter(
    ({ isWrong, nearCopy, selfConfidence }) =>
      isWrong || (nearCopy !== undefined && selfConfidence <= (confidences.get(nearCopy.index) ?? selfConfidence)),
  );
}

function rankImages(
  { examples, indices, ...predicted }: PredictedExamples,
  { classes, shape }: Dataset,
  files: ReadonlyMap<string, string>,
) {
  const errors = findLabelErrors(predicted);
  const copies = findNearCopies(examples, indices, shape);
  const size = imageSizeOf(shape);
  const nameOf = (label: number | undefined): string => classes[label ?? 0] ?? '';
  const place = (i: number) => {
    const index = indices[i] ?? 0;
    const image = createHash('sha256')
      .update(readImages(examples, size, index, index + 1))
      .digest('hex');
    return { index, image, label: nameOf(predicted.labels[i]) };
  };
  const ranking = Array.from(rankBySelfConfidence(errors), (i): RankedImage => {
    const { index, image, label } = place(i);
    const file = files.get(image);
    const copy = copies.get(i);
    return {
      index,
      image,
      ...(file !== undefined && { file }),
      label,
      suggested: nameOf(errors.others[i]),
      selfConfidence: errors.selfConfidences[i] ?? 0,
      otherConfidence: predicted.probabilities[i * predicted.classes + (errors.others[i] ?? 0)] ?? 0,
      ...(errors.isWrong[i] === 1 && { isWrong: true }),
      ...(copy && { nearCopy: { ...place(copy.of), correlation: copy.correlation } }),
    };
  });
  return { ranking, errors };
}
