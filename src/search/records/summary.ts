// `summary.json`: what came of a run. Every figure was measured.

import type { Dataset } from '../../data/set/dataset.ts';
import type { MetricName } from '../../engine/scoring/metrics.ts';
import type { Budget } from '../config/budget-text.ts';

/** What came of a run, as `summary.json` keeps it. */
export interface SearchSummary {
  /** Canonical text. */
  readonly genome: string;
  /** Of the candidate, in the search; on the test images if `fitness.on` says so. Absent if there was no search. */
  readonly validationAccuracy?: number;
  /** What the search was after, and how much of it the candidate had. Absent if there was no search. */
  readonly fitness?: {
    readonly metric: MetricName;
    /** `test`: the test images drove the search, so the test accuracy is biased. */
    readonly on: 'validation' | 'test';
    readonly value: number;
  };
  /** Of all candidates, by the objectives, fittest first; where there are several objectives, or a rule picked from them. */
  readonly pareto?: readonly {
    /** Canonical text. */
    readonly genome: string;
    /** On the images that candidates are scored on. */
    readonly accuracy: number;
    /** Where the fitness is another metric: what the front is about instead of accuracy. */
    readonly fitness?: number;
    readonly parameters: number;
    /** Forward, per image. */
    readonly flops: number;
    /** Milliseconds for one image, where latency is an objective. */
    readonly latencyMs?: number;
    /** It was trained once more, for longer and on all training images: `accuracy` is from there. */
    readonly refined?: true;
  }[];
  /** Which network became the model, by which rule, and why; absent where it is just the fittest. */
  readonly picked?: { readonly genome: string; readonly rule: string; readonly why: string };
  /** Of `model.onnx`, scored once. */
  readonly testAccuracy: number;
  readonly testLoss: number;
  readonly testExamples: number;
  /** Of all final trainings, each scored once, if there were several; `model.onnx` is one of them. */
  readonly repeats?: {
    /** In the order of the trainings; those that failed are left out. */
    readonly accuracies: readonly number[];
    readonly mean: number;
    /** Of the sample: with n − 1 below. */
    readonly std: number;
    readonly best: number;
  };
  readonly parameters: number;
  /** Forward, per image. */
  readonly flops: number;
  /** Networks whose fitness the search asked for; each counts once. */
  readonly evaluations: number;
  /** Of those, how many failed. */
  readonly failures: number;
  /** Genomes that were asked for again and answered from the journal. */
  readonly cacheHits: number;
  /** Of the evaluations, how many were not trained in this run: cached, in the shared checkpoint folder, or imported. */
  readonly reused: number;
  /** Completed, the initial population not counted. */
  readonly generations: number;
  /** If the run had one. */
  readonly budget?: Budget & {
    /** What the candidates took, in FLOPs: see genome/work.ts. */
    readonly searchWork: number;
    /** What the budget was still enough for, or what was given. */
    readonly finalEpochs: number;
  };
  readonly seconds: number;
  readonly searchSeconds: number;
  readonly finalTrainingSeconds: number;
  readonly seed: number;
  /** What the networks were trained with. */
  readonly lowering: 'blocked' | 'plain';
  readonly dataset: {
    readonly name: string;
    readonly fingerprint: string;
    readonly trainExamples: number;
    readonly testExamples: number;
    readonly classes: readonly string[];
    readonly shape: { readonly channels: number; readonly height: number; readonly width: number };
  };
  readonly versions: { readonly autoCnn: string; readonly runtime: string; readonly node: string };
}

/** A network of the front. */
export type FrontMember = NonNullable<SearchSummary['pareto']>[number];
export type RepeatStatistics = NonNullable<SearchSummary['repeats']>;

/** What a summary says of the data. */
export function describeDataset(dataset: Dataset): SearchSummary['dataset'] {
  const { name, fingerprint, train, test, classes, shape } = dataset;
  return { name, fingerprint, trainExamples: train.count, testExamples: test.count, classes, shape };
}
