// What is evaluated, and what comes of it. Plain data: tasks go to other processes, outcomes into the journal.

import type { EpochRecord, TrainingSettings } from '../engine/training/train.ts';
import type { EvaluationError } from '../errors.ts';
import type { NetworkInput } from '../genome/cost.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';

/** One network to train and score. */
export interface EvaluationTask {
  /** Hash of all that decides the outcome: equal ids, equal outcomes. Without it, nothing is answered from elsewhere. */
  readonly id?: string;
  /** Canonical text. */
  readonly genome: string;
  /** Head and shortcuts, where they are not the usual ones. */
  readonly network?: Pick<NetworkInput, 'head' | 'shortcut'>;
  readonly dataset: {
    /** Of the packed file. */
    readonly path: string;
    readonly fingerprint: string;
  };
  /** Which of the data set's training images it uses. */
  readonly selection: {
    /** Seed of all choices below. */
    readonly seed: string;
    /** A stratified sample of so many training images is all there is. */
    readonly trainLimit?: number;
    /** Share of those that is held out, stratified. */
    readonly validation: number;
    /** `search`: train on the rest, score on what is held out. `final`: train on everything. */
    readonly purpose: 'search' | 'final';
    /** `search` only: score on the test part, which is then seen many times. The Python package does so. */
    readonly scoreOnTest?: true;
    /** `search` only: train on, and score on, a stratified sample of so many at most. */
    readonly searchLimit?: number;
  };
  readonly training: TrainingSettings;
  /** How its graphs are lowered; plain unless given. */
  readonly lowering?: LoweringName;
  /** Of the engine that is to train it; any unless given. */
  readonly engineKind?: string;
  /** Seed of initialisation and batch order. */
  readonly seed: string;
  /** Where the best weights go (safetensors); nowhere if absent. */
  readonly checkpointPath?: string;
  /** The checkpoint of a network that this one was bred from: the layers that both have start with its weights. */
  readonly parent?: { readonly id: string; readonly path: string; readonly genome: string };
  /**
   * Only a part of the training, without validation: of the steps from `from` to before `to` those whose number leaves
   * `replica` when divided by `replicas`. It starts from the mean of the states in `start` (none: from the initial state), its
   * checkpoint is the state that it ends in, and its history has shares of epochs.
   */
  readonly part?: {
    readonly from: number;
    readonly to: number;
    readonly replica: number;
    readonly replicas: number;
    /** Steps of the whole training: from step `at` on there are `total` of them. */
    readonly plan: readonly [
      { readonly at: number; readonly total: number },
      ...{ readonly at: number; readonly total: number }[],
    ];
    /** Of each: the id of its task, and where its checkpoint lies. */
    readonly start: readonly { readonly id: string; readonly path: string }[];
  };
  /** Measure how long the trained network takes for one image, on this machine. */
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

/** What came of a task. */
export interface EvaluationOutcome {
  /** Highest value of the first metric on the validation images over the epochs; 0 if the evaluation failed. */
  readonly fitness: number;
  readonly history: readonly EpochRecord[];
  readonly bestEpoch: number;
  readonly failure?: { readonly reason: EvaluationError['reason']; readonly message: string };
  /** Milliseconds for one image, if the task asks for it: the median of several runs of the model on one thread. */
  readonly latencyMs?: number;
  /** A callback ended the training early: `history` and `fitness` go up to there, and there may be no checkpoint. */
  readonly stopped?: true;
  /** The task's `stopBelow` ended the training early: the same happens wherever it is trained. */
  readonly pruned?: true;
  /** Not trained for this: a fitness cache or a checkpoint had the answer. */
  readonly cached?: true;
}

export type FailureRecord = NonNullable<EvaluationOutcome['failure']>;
