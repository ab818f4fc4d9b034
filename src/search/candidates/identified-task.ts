// Genome → evaluation task. A task's seed comes from the run's seed and the genome alone, never from the order of tasks.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { ENGINE_NUMERICS } from '../../engine/engine-kind.ts';
import type { TrainingSettings } from '../../engine/training/train.ts';
import type { EvaluationTask, ParentWeights } from '../../evaluation/task.ts';
import { estimateCost } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { probeGenome } from '../../genome/reference-genomes.ts';
import { genomeId } from '../../genome/text.ts';
import { candidateSizes, type RungSize } from '../budget/rung-sizes.ts';
import type { RunConfig } from '../config/config.ts';
import { splitsOf } from '../config/fidelity-schema.ts';
import { type DataSize, networkOptionsOf } from '../config/network-input.ts';
import type { OpenRun } from '../records/open-run.ts';

const PROBE_IMAGES = 2000;
const PROBE_EPOCHS = 5;

export interface TaskSettings {
  readonly config: RunConfig;
  readonly dataset: EvaluationTask['dataset'];
  /** Names of checkpoint files; without it no weights are kept. */
  readonly checkpoint: (id: string) => string;
  /** Weights that trainings start from, unless they have a parent of their own. */
  readonly start?: ParentWeights | undefined;
}

/** What the tasks of a run share. */
export function taskSettingsOf({
  config,
  packed,
  folder,
}: Pick<OpenRun, 'config' | 'packed' | 'folder'>): TaskSettings {
  return { config, dataset: packed, checkpoint: folder.checkpoint, start: startWeights(config, folder.start) };
}

type StartModel = Pick<NonNullable<NonNullable<RunConfig['startFrom']>['model']>, 'sha256' | 'newClassifier'>;

/** The weights of the run that this one starts from. */
function startWeights({ startFrom }: RunConfig, path: string): ParentWeights | undefined {
  if (startFrom?.model === undefined) return undefined;
  const { genome, problem, newClassifier } = startFrom.model;
  return { id: startId(startFrom.model), path, genome, problem, ...(newClassifier && { newClassifier }) };
}

/** Names the weights that a run starts from, and what is taken of them. */
export function startId({ sha256, newClassifier }: StartModel): string {
  return idOf([sha256, newClassifier ?? false]);
}

export interface IdentifiedTask {
  /** Hash of engine, genome, data, settings and seed: equal ids, equal outcomes. */
  readonly id: string;
  readonly genome: Genome;
  readonly task: EvaluationTask;
}

/** @param content  all that decides the outcome of what it names, as JSON has it. */
export function idOf(content: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(content)))).slice(0, 16);
}

/** What the training of a candidate on a rung takes from those before it. */
export interface TaskDependencies {
  /** What it must have come to for it to go on, if it is to be that long. */
  readonly stopBelow?: readonly number[];
  readonly parent?: ParentWeights | undefined;
}

/** The tasks of a candidate of the search, by rung. */
export function tasksByRung(
  genome: Genome,
  settings: TaskSettings,
  data: DataSize,
  dependenciesOn: (rung: number, epochs: number) => TaskDependencies = () => ({}),
): readonly IdentifiedTask[] {
  const cost = estimateCost(genome, data.problem);
  return candidateSizes(settings.config, data, cost).map((size, rung) =>
    candidateTask(genome, settings, size, dependenciesOn(rung, size.epochs)),
  );
}

function candidateTask(
  genome: Genome,
  settings: TaskSettings,
  { searchLimit, epochs }: RungSize,
  { stopBelow = [], parent }: TaskDependencies,
): IdentifiedTask {
  const { trainLimit, validation, fitnessOn } = settings.config;
  const limits = {
    ...(trainLimit && { trainLimit }),
    ...(searchLimit && { searchLimit }),
    ...(fitnessOn === 'test' && { scoreOnTest: true as const }),
    ...splitsIn(settings.config),
  };
  const length = { epochs, ...(stopBelow.length > 0 && { stopBelow }) };
  return identify(genome, settings, { ...limits, validation, purpose: 'search' }, length, { parent });
}

/**
 * A small network on a small sample, for choices that need a trained network where nothing was searched: about a second.
 */
export function probeTask(settings: TaskSettings, { problem }: DataSize): IdentifiedTask {
  const { trainLimit, validation } = settings.config;
  const limits = { ...(trainLimit && { trainLimit }), searchLimit: Math.max(PROBE_IMAGES, problem.classes) };
  return identify(
    probeGenome(problem),
    settings,
    { ...limits, validation, purpose: 'search' },
    { epochs: PROBE_EPOCHS },
  );
}

/** A network of the front, on all images that candidates may be trained on. */
export function refinementTask(genome: Genome, settings: TaskSettings, epochs: number): IdentifiedTask {
  const { trainLimit, validation, fitnessOn } = settings.config;
  const selection = {
    ...(trainLimit && { trainLimit }),
    ...(fitnessOn === 'test' && { scoreOnTest: true as const }),
    ...splitsIn(settings.config),
  };
  return identify(genome, settings, { ...selection, validation, purpose: 'search' }, { epochs });
}

/** Not a word of a single split: ids of runs before there were several stay as they are. */
function splitsIn(config: RunConfig): Pick<EvaluationTask['selection'], 'splits'> {
  const splits = splitsOf(config);
  return splits === 1 ? {} : { splits };
}

/**
 * The best genome, from scratch, on training and validation data.
 *
 * @param repeat  from 1; each has a seed of its own.
 */
export function finalTask(genome: Genome, settings: TaskSettings, repeat = 1): IdentifiedTask {
  const { config } = settings;
  const { finalEpochs: epochs } = config;
  return identify(genome, withFinalTraining(settings), finalSelection(config), { epochs }, { repeat });
}

/**
 * The final training of a genome without the images of a fold.
 *
 * @param repeat  from 1; each has a seed of its own.
 */
export function foldTask(
  genome: Genome,
  settings: TaskSettings,
  epochs: number,
  leaveOut: NonNullable<EvaluationTask['selection']['leaveOut']>,
  repeat = 1,
): IdentifiedTask {
  const selection = { ...finalSelection(settings.config), leaveOut };
  return identify(genome, withFinalTraining(settings), selection, { epochs }, { repeat });
}

function finalSelection({ trainLimit, validation }: RunConfig) {
  return { ...(trainLimit && { trainLimit }), validation, purpose: 'final' } as const;
}

function withFinalTraining(settings: TaskSettings): TaskSettings {
  return { ...settings, config: { ...settings.config, training: finalTrainingOf(settings.config) } };
}

function finalTrainingOf({ training, finalTraining }: RunConfig): RunConfig['training'] {
  const { augmentation = training.augmentation, labelSmoothing } = finalTraining;
  const smoothed = labelSmoothing !== undefined && training.loss.name === 'cross-entropy';
  return {
    ...training,
    ...(augmentation !== 'auto' && { augmentation }),
    ...(smoothed && { loss: { ...training.loss, labelSmoothing } }),
  };
}

function identify(
  genome: Genome,
  { config, dataset, checkpoint, start }: TaskSettings,
  selection: Omit<EvaluationTask['selection'], 'seed'>,
  length: Pick<TrainingSettings, 'epochs' | 'stopBelow'>,
  { repeat = 1, parent = start }: { readonly repeat?: number; readonly parent?: ParentWeights | undefined } = {},
): IdentifiedTask {
  const { optimizer, ...training } = config.training;
  const settings: TrainingSettings = { ...training, optimiser: optimizer, ...length };
  const name = genomeId(genome);
  const content = {
    genome: name,
    network: networkOptionsOf(config),
    selection: { seed: `${config.seed}/data`, ...selection },
    training: settings,
    lowering: config.lowering,
    ...(selection.purpose === 'search' && config.objectives.includes('latency') && { latency: true as const }),
    seed: `${config.seed}/${selection.purpose}/${name}${repeat === 1 ? '' : `/${repeat}`}`,
  };
  const { engineKind } = config;
  // A run that was begun before there were kinds keeps its ids.
  const id = idOf([engineKind ?? ENGINE_NUMERICS, dataset.fingerprint, content, ...(parent ? [parent.id] : [])]);
  const engine = engineKind !== undefined && { engineKind };
  const task = { id, ...content, ...engine, dataset, checkpointPath: checkpoint(id), details: config.tensorboard };
  return { id, genome, task: parent ? { ...task, parent } : task };
}
