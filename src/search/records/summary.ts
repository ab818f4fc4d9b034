// `summary.json`: the results of a run. Every figure was measured.

import type { Dataset } from '../../data/set/dataset.ts';
import type { MetricName } from '../../engine/scoring/metrics.ts';
import type { Budget } from '../config/budget-text.ts';
import type { SearchConfig } from '../config/config.ts';

/** The results of a run, as stored in `summary.json`. */
export interface SearchSummary {
  /** Canonical text. */
  readonly genome: string;
  /** Accuracy of the candidate in the search; on the test images if `fitness.on` says so. Absent if there was no search. */
  readonly validationAccuracy?: number;
  /** The metric that the search maximised, and the candidate's value. Absent if there was no search. */
  readonly fitness?: {
    readonly metric: MetricName;
    /** `test`: the search scored candidates on the test images, so the test accuracy is biased. */
    readonly on: 'validation' | 'test';
    readonly value: number;
    /** Number of images that it was measured on. Absent in runs of versions before. */
    readonly images?: number;
  };
  /**
   * The Pareto front of all candidates, fittest first. Present with several objectives or a rule that picks from the front.
   */
  readonly pareto?: readonly {
    /** Canonical text. */
    readonly genome: string;
    /** Accuracy on the images that candidates are scored on. */
    readonly accuracy: number;
    /** Present if the fitness is another metric than accuracy; the front then uses it. */
    readonly fitness?: number;
    readonly parameters: number;
    /** Forward FLOPs per image. */
    readonly flops: number;
    /** Milliseconds for one image; present if latency is an objective. */
    readonly latencyMs?: number;
    /** The network was trained again, for longer and on all training images; `accuracy` is from that training. */
    readonly refined?: true;
  }[];
  /** Which network became the model, by which rule, and why. Absent if it is simply the fittest. */
  readonly picked?: { readonly genome: string; readonly rule: string; readonly why: string };
  /** Accuracy of `model.onnx`, scored once. */
  readonly testAccuracy: number;
  readonly testLoss: number;
  readonly testExamples: number;
  /** 90 % interval of the accuracy on all images of the same kind, by Wilson's method. Absent in runs of versions before. */
  readonly testInterval?: readonly [low: number, high: number];
  /**
   * Stratified cross-validation over the images of the final training, the test images left out: each image was classified by
   * a network trained without its fold, with the genome and length of the final training. It estimates the accuracy of
   * this recipe with (folds − 1) / folds of the images; after a search it is a little high, as the genome was chosen by some of
   * them. Absent if it was not asked for.
   */
  readonly crossValidation?: {
    readonly folds: number;
    /** Length of the training of each fold. */
    readonly epochs: number;
    readonly images: number;
    readonly accuracy: number;
    /** 90 % interval, as `testInterval`; it takes no account of the choice of the folds. */
    readonly interval: readonly [low: number, high: number];
    /** Mean recall of the classes. */
    readonly balancedAccuracy: number;
    /** What it took in this session, beyond the budget. */
    readonly seconds: number;
  };
  /** Mean recall of the classes that have test images. This and the two below are absent in runs of versions before. */
  readonly testBalancedAccuracy?: number;
  /** Share of the test images of each class that are classified correctly, in the order of `dataset.classes`; null if there are none. */
  readonly testRecalls?: readonly (number | null)[];
  /** Expected calibration error on the test images: mean distance between confidence and accuracy, over 15 bins. */
  readonly testCalibrationError?: number;
  /**
   * The model is an ensemble of these trainings: statistics of each of them alone, scored once. Parameters and FLOPs are
   * those of all together. Absent if it is one network.
   */
  readonly members?: RepeatStatistics;
  /** Statistics of the final trainings if there were several, each scored once; `model.onnx` is one of them. */
  readonly repeats?: {
    /** In the order of the trainings, without failed ones. */
    readonly accuracies: readonly number[];
    readonly mean: number;
    /** Sample standard deviation (divides by n − 1). */
    readonly std: number;
    readonly best: number;
  };
  readonly parameters: number;
  /** Forward FLOPs per image, all views counted. */
  readonly flops: number;
  /** The model averages over the image and its mirror image. Absent if it looks once. */
  readonly views?: 2;
  /** Number of distinct networks whose fitness the search asked for. */
  readonly evaluations: number;
  /** How many of them failed. */
  readonly failures: number;
  /** How often the search asked for a genome again and reused its result. */
  readonly cacheHits: number;
  /** How many of the evaluations this run did not train: cached, in the shared checkpoint folder, or imported. */
  readonly reused: number;
  /** Completed generations, not counting the initial population. */
  readonly generations: number;
  /** Present if the run had a budget. */
  readonly budget?: Budget & {
    /** Work of the candidates, in FLOPs: see genome/work.ts. */
    readonly searchWork: number;
    /** As many as the rest of the budget allowed, or as given. */
    readonly finalEpochs: number;
  };
  readonly seconds: number;
  readonly searchSeconds: number;
  readonly finalTrainingSeconds: number;
  readonly seed: number;
  /** The lowering that the networks were trained with. */
  readonly lowering: 'blocked' | 'plain' | 'gpu';
  /** What they were trained on. Absent if it was the processor, natively. */
  readonly device?: NonNullable<SearchConfig['device']>;
  /** What the network takes in place of images, if a backbone stands before it. */
  readonly features?: Dataset['shape'];
  readonly dataset: {
    readonly name: string;
    readonly fingerprint: string;
    readonly trainExamples: number;
    /** Absent if the data has no validation part. */
    readonly validationExamples?: number;
    readonly testExamples: number;
    readonly classes: readonly string[];
    readonly shape: { readonly channels: number; readonly height: number; readonly width: number };
  };
  readonly versions: { readonly autoCnn: string; readonly runtime: string; readonly node: string };
}

/** A network of the front. */
export type FrontMember = NonNullable<SearchSummary['pareto']>[number];
export type RepeatStatistics = NonNullable<SearchSummary['repeats']>;

/** The summary's description of the data. */
export function describeDataset(dataset: Dataset): SearchSummary['dataset'] {
  const { name, fingerprint, train, validation, test, classes, shape } = dataset;
  return {
    name,
    fingerprint,
    trainExamples: train.count,
    ...(validation && { validationExamples: validation.count }),
    testExamples: test.count,
    classes,
    shape,
  };
}
