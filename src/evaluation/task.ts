// What is evaluated, and what comes of it. Plain data: tasks go to other processes, outcomes into the journal.

import type { TrainingPart } from '../engine/training/part-trainer.ts';
import type { EpochRecord, TrainingSettings } from '../engine/training/train.ts';
import type { EvaluationFailure } from '../errors.ts';
import type { NetworkInput } from '../genome/cost.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';

/** Which of the data set's training images a task uses. */
export interface DataSelection {
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
}

/** A file with the state that a training, or a part of one, ended in. */
export interface StateFile {
  /** Of its task. */
  readonly id: string;
  readonly path: string;
}

/** A part of a training: its task writes the state it ends in as its checkpoint, and its history has shares of epochs. */
export interface TaskPart extends TrainingPart {
  /** It starts from the mean of these; none: from the initial state. */
  readonly start: readonly StateFile[];
}

/** The checkpoint of a network that another was bred from. */
export interface ParentWeights extends StateFile {
  readonly genome: string;
}

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
  readonly selection: DataSelection;
  readonly training: TrainingSettings;
  /** How its graphs are lowered; plain unless given. */
  readonly lowering?: LoweringName;
  /** Of the engine that is to train it; any unless given. */
  readonly engineKind?: string;
  /** Seed of initialisation and batch order. */
  readonly seed: string;
  /** Where the best weights go (safetensors); nowhere if absent. */
  readonly checkpointPath?: string;
  /** Layers that this one has, too, start with its weights. */
  readonly parent?: ParentWeights;
  /** Only a part of the training, without validation. */
  readonly part?: TaskPart;
  /** Measure how long the trained network takes for one image, on this machine. */
  readonly latency?: boolean;
  /** Report the details of each epoch with its progress; no effect on the outcome. */
  readonly details?: boolean;
  /** Report the weights with each epoch; no effect on the outcome. */
  readonly weights?: boolean;
}

export interface FailureRecord {
  readonly reason: EvaluationFailure;
  readonly message: string;
}

export interface EvaluationOutcome {
  /** Highest value of the first metric on the validation images over the epochs; 0 if the evaluation failed. */
  readonly fitness: number;
  readonly history: readonly EpochRecord[];
  readonly bestEpoch: number;
  readonly failure?: FailureRecord;
  /** Milliseconds for one image, if the task asks for it: the median of several runs of the model on one thread. */
  readonly latencyMs?: number;
  /** A callback ended the training early: `history` and `fitness` go up to there, and there may be no checkpoint. */
  readonly stopped?: true;
  /** The task's `stopBelow` ended the training early: the same happens wherever it is trained. */
  readonly pruned?: true;
  /** Not trained for this: a fitness cache or a checkpoint had the answer. */
  readonly cached?: true;
}
