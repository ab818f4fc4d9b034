// Tasks and their outcomes. They are plain data: tasks are sent to other processes, outcomes are written to the journal.

import type { EpochRecord, TrainingSettings } from '../engine/training/train.ts';
import type { EvaluationError } from '../errors.ts';
import type { NetworkInput } from '../genome/cost.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';

/** A network to train and score. */
export interface EvaluationTask {
  /**
   * Hash of everything that determines the outcome: equal ids, equal outcomes. Without an id, no cache answers the task.
   */
  readonly id?: string;
  /** Canonical text. */
  readonly genome: string;
  /** Head and shortcuts, if they differ from the defaults. */
  readonly network?: Pick<NetworkInput, 'head' | 'shortcut'>;
  readonly dataset: {
    /** Path of the packed file. */
    readonly path: string;
    readonly fingerprint: string;
  };
  /** The images of the data set that it uses. */
  readonly selection: {
    /** Seed of all choices below. */
    readonly seed: string;
    /** Use only a stratified sample of this many training images; of the validation part, too, if it is used. */
    readonly trainLimit?: number;
    /** Share of those images that is held out, stratified; `part`: none, the data has a validation part of its own. */
    readonly validation: number | 'part';
    /**
     * `search` only: the network is trained once for each of so many disjoint validation splits, and scored on the validation
     * images of all of them together. Its weights are those of the first. Default: 1.
     */
    readonly splits?: number;
    /** `search`: train on the rest, score on the validation images. `final`: train on everything. */
    readonly purpose: 'search' | 'final';
    /** `search` only: score on the test part, which is then used many times. The Python package does this. */
    readonly scoreOnTest?: true;
    /** `search` only: train and score on stratified samples of at most this many images each. */
    readonly searchLimit?: number;
    /** `final` only: the images are dealt into stratified folds, and those of fold `fold`, from 0, are left out. */
    readonly leaveOut?: { readonly fold: number; readonly folds: number };
  };
  readonly training: TrainingSettings;
  /** How its graphs are lowered. Default: plain. */
  readonly lowering?: LoweringName;
  /** Kind of engine that must train it. Default: any. */
  readonly engineKind?: string;
  /** Seed of initialisation and batch order. */
  readonly seed: string;
  /** File for the best weights (safetensors); if absent, they are not written. */
  readonly checkpointPath?: string;
  /** The checkpoint of a parent network, whose weights initialise the layers that both have. */
  readonly parent?: {
    readonly id: string;
    readonly path: string;
    readonly genome: string;
    /** What the parent was made for, if it comes from another run. */
    readonly problem?: NetworkInput;
    /** The parent knows other classes: the classifier starts at random. */
    readonly newClassifier?: true;
  };
  /**
   * Train only a part of the training, without validation: of the steps from `from` to before `to`, those whose number
   * modulo `replicas` is `replica`. The part starts from the mean of the states in `start` (if empty, from the initial
   * state). Its checkpoint is its final state, and its history has shares of epochs.
   */
  readonly part?: {
    readonly from: number;
    readonly to: number;
    readonly replica: number;
    readonly replicas: number;
    /** Length of the whole training: `total` steps, from step `at` on. */
    readonly plan: readonly [
      { readonly at: number; readonly total: number },
      ...{ readonly at: number; readonly total: number }[],
    ];
    /** For each state: the id of its task, and the path of its checkpoint. */
    readonly start: readonly { readonly id: string; readonly path: string }[];
  };
  /** Measure how long the trained network takes for one image on this machine. */
  readonly latency?: boolean;
  /**
   * Report the details of each epoch with its progress; no effect on the outcome.
   *
   * @internal
   */
  readonly details?: boolean;
  /** Report the weights with each epoch; no effect on the outcome. */
  readonly weights?: boolean;
}

export type DataSelection = EvaluationTask['selection'];
export type TaskPart = NonNullable<EvaluationTask['part']>;
export type StateFile = TaskPart['start'][number];
export type ParentWeights = NonNullable<EvaluationTask['parent']>;

/** The outcome of a task. */
export interface EvaluationOutcome {
  /**
   * Highest value of the first metric on the validation images, of all splits together, over the epochs; 0 if the evaluation
   * failed.
   */
  readonly fitness: number;
  readonly history: readonly EpochRecord[];
  readonly bestEpoch: number;
  readonly failure?: { readonly reason: EvaluationError['reason']; readonly message: string };
  /** Milliseconds for one image, if the task asks for it: the median over several runs of the model on one thread. */
  readonly latencyMs?: number;
  /**
   * A callback ended the training early: `history` and `fitness` cover the epochs up to there, and there may be no
   * checkpoint.
   */
  readonly stopped?: true;
  /** The task's `stopBelow` ended the training early; this happens on every machine. */
  readonly pruned?: true;
  /** Not trained now: the outcome comes from a fitness cache or a checkpoint. */
  readonly cached?: true;
}

export type FailureRecord = NonNullable<EvaluationOutcome['failure']>;
