// `summary.json`: what came of a run. Every figure was measured.

import type { Versions } from './version.ts';

export interface SearchSummary {
  /** Canonical text. */
  readonly genome: string;
  /** Of the candidate, in the search. */
  readonly validationAccuracy: number;
  /** Of `model.onnx`, scored once. */
  readonly testAccuracy: number;
  readonly testLoss: number;
  readonly testExamples: number;
  readonly parameters: number;
  /** Forward, per image. */
  readonly flops: number;
  /** Networks trained in the search. */
  readonly evaluations: number;
  /** Of those, how many failed. */
  readonly failures: number;
  /** Genomes that were asked for again and answered from the journal. */
  readonly cacheHits: number;
  /** Completed, the initial population not counted. */
  readonly generations: number;
  readonly seconds: number;
  readonly searchSeconds: number;
  readonly finalTrainingSeconds: number;
  readonly seed: number;
  readonly dataset: {
    readonly name: string;
    readonly fingerprint: string;
    readonly trainExamples: number;
    readonly testExamples: number;
    readonly classes: readonly string[];
    readonly shape: { readonly channels: number; readonly height: number; readonly width: number };
  };
  readonly versions: Versions;
}
