// Finishes a run: writes the model file, scores it on the test set once, and writes the summary.

import { wilsonInterval } from '../../arithmetic/wilson-interval.ts';
import type { Dataset } from '../../data/set/dataset.ts';
import { deviceOf } from '../../engine/device.ts';
import type { Runtime } from '../../engine/runtime.ts';
import type { ClassificationReport } from '../../engine/scoring/classification-report.ts';
import { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import type { Score } from '../../engine/scoring/scorer.ts';
import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import { versionsWith } from '../../version.ts';
import { scoredImages } from '../budget/candidate-work.ts';
import { type RunSession, roundSeconds } from '../candidates/run-session.ts';
import type { SearchCounts } from '../candidates/search-result.ts';
import type { SearchConfig } from '../config/config.ts';
import type { DataSize } from '../config/network-input.ts';
import { viewsOf } from '../config/views.ts';
import { buildModel } from '../model/build-model.ts';
import { modelCard } from '../model/model-card.ts';
import type { EvaluationEntry, FinalEntry } from '../records/journal-entry.ts';
import type { OpenRun } from '../records/open-run.ts';
import { describeRepeats } from '../records/repeats.ts';
import { describeDataset, type SearchSummary } from '../records/summary.ts';
import { PredictionRecorder } from '../records/test-predictions.ts';
import type { Winner } from '../winner/choose-winner.ts';
import type { ChosenTrainings } from './choose-weights.ts';

const BATCH = 250;

/** The networks that a run has trained. */
export interface TrainedNetworks {
  readonly winner: Winner;
  /** All final trainings, including failed ones. */
  readonly tried: readonly FinalEntry[];
  /** The training that becomes the model, or the members of it. */
  readonly chosen: ChosenTrainings;
  readonly crossValidation: SearchSummary['crossValidation'];
}

/**
 * Writes `model.onnx`, scores this file and the other final trainings on the test set, and writes `test-predictions.json`,
 * `MODEL.md` and, last, `summary.json`.
 */
export async function finishRun(
  { run, config, elapsedSeconds }: RunSession,
  { winner, tried, chosen, crossValidation }: TrainedNetworks,
  { searchSeconds, searchWork, ...counts }: SearchCounts & { readonly searchSeconds: number },
): Promise<SearchSummary> {
  const { storage, folder, dataset } = run;
  const finals = tried.filter(({ failure }) => failure === undefined);
  const runtime = await run.loadRuntime();
  const recorder = new PredictionRecorder(dataset);
  const [{ genome }] = chosen;
  const members = chosen.length;
  const cost = estimateCost(parseGenome(genome), run.problem);
  const bytes = await writeModel(run, chosen);
  const score = await scoreOnTest(runtime, bytes, folder.model, dataset, recorder);
  const alone = describeRepeats(await scoreFinals());
  const summary: SearchSummary = {
    genome,
    ...(winner.evaluation && describeEvaluation(winner.evaluation, config, run.dataSize)),
    ...winner.front,
    testAccuracy: score.accuracy,
    testLoss: score.loss,
    testExamples: dataset.test.count,
    testInterval: wilsonInterval(score.accuracy, dataset.test.count),
    testBalancedAccuracy: score.macro.recall,
    testRecalls: score.classes.map(({ examples, recall }) => (examples === 0 ? null : recall)),
    testCalibrationError: score.calibration.expectedError,
    ...(crossValidation && { crossValidation }),
    ...(alone && (members > 1 ? { members: alone } : { repeats: alone })),
    parameters: members * cost.parameters,
    flops: members * viewsOf(config) * cost.flops,
    ...counts,
    ...(run.extractor && { features: run.extractor.shape }),
    dataset: describeDataset(dataset),
    ...(config.budget && { budget: { ...config.budget, searchWork, finalEpochs: config.finalEpochs } }),
    seconds: elapsedSeconds(),
    ...secondsOf(finals, searchSeconds),
    seed: config.seed,
    ...(config.views === 2 && { views: config.views }),
    lowering: config.lowering === 'plain' || config.lowering === 'gpu' ? config.lowering : 'blocked',
    ...(deviceOf(config) !== 'cpu' && { device: deviceOf(config) }),
    versions: versionsWith(runtime.name),
  };
  run.removeUnfinishedCheckpoints();
  await storage.write(folder.predictions, `${JSON.stringify(recorder.predictions)}\n`);
  await storage.write(folder.card, modelCard(summary, config));
  await storage.write(folder.summary, `${JSON.stringify(summary, null, 2)}\n`);
  return summary;

  /** In the order of the trainings. */
  async function scoreFinals(): Promise<readonly number[]> {
    const accuracies: number[] = [];
    for (const { id, genome } of finals) {
      const path = folder.checkpoint(id);
      const own =
        members === 1 && id === chosen[0].id
          ? score
          : await scoreOnTest(runtime, await buildModel(genome, run, path, viewsOf(config)), path, dataset);
      accuracies.push(own.accuracy);
    }
    return accuracies;
  }
}

/** Writes `model.onnx` with the weights of trainings and returns its bytes. */
export async function writeModel(run: OpenRun, chosen: ChosenTrainings): Promise<Uint8Array> {
  const { storage, folder } = run;
  const paths = chosen.map(({ id }) => folder.checkpoint(id));
  const bytes = await buildModel(chosen[0].genome, run, paths, viewsOf(run.config));
  await storage.write(folder.model, bytes);
  return bytes;
}

async function scoreOnTest(
  runtime: Runtime,
  bytes: Uint8Array,
  name: string,
  { test, shape }: Dataset,
  recorder?: PredictionRecorder,
): Promise<Score & ClassificationReport> {
  const model = await DeployedModel.load(runtime, bytes, name);
  const score = await model.evaluate(test, shape, BATCH, (prediction, from) => recorder?.add(prediction, from));
  await model.release();
  return score;
}

/** Computed from the entries, since the final trainings may have begun and ended in earlier sessions of the run. */
function secondsOf(
  finals: readonly FinalEntry[],
  searchSeconds: number,
): Pick<SearchSummary, 'searchSeconds' | 'finalTrainingSeconds'> {
  const began = Math.min(...finals.map(({ elapsedSeconds, seconds }) => elapsedSeconds - seconds));
  const ended = Math.max(...finals.map(({ elapsedSeconds }) => elapsedSeconds));
  return {
    searchSeconds: roundSeconds(Math.max(0, Math.min(searchSeconds, began))),
    finalTrainingSeconds: finals.length === 0 ? 0 : roundSeconds(ended - began),
  };
}

function describeEvaluation(
  { history, bestEpoch, fitness }: EvaluationEntry,
  config: SearchConfig,
  dataSize: DataSize,
): Pick<SearchSummary, 'validationAccuracy' | 'fitness'> {
  const { training, fitnessOn } = config;
  return {
    validationAccuracy: history[bestEpoch - 1]?.validationAccuracy ?? fitness,
    fitness: {
      metric: training.metrics[0] ?? 'accuracy',
      on: fitnessOn,
      value: fitness,
      images: scoredImages(config, dataSize),
    },
  };
}
