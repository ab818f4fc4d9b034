// Genome → evaluation task. A task's seed comes from the run's seed and the genome alone, never from the order of tasks.

import { createHash } from 'node:crypto';
import type { TrainingSettings } from '../../engine/training/train.ts';
import type { EvaluationTask, ParentWeights } from '../../evaluation/task.ts';
import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import type { DataSize } from '../budget/candidate-work.ts';
import { candidateSizes, type RungSize } from '../budget/rung-sizes.ts';
import type { RunConfig } from '../config/config.ts';
import { networkOptionsOf } from '../config/network-input.ts';

/** Goes up when equal tasks come to give other results, if only by rounding: what older versions recorded is then no answer. */
const ENGINE_NUMERICS = 3;

export interface TaskSettings {
  readonly config: RunConfig;
  readonly dataset: EvaluationTask['dataset'];
  /** Names of checkpoint files; without it no weights are kept. */
  readonly checkpoint: (id: string) => string;
}

export interface IdentifiedTask {
  /** Hash of genome, data, settings and seed: equal ids, equal outcomes. */
  readonly id: string;
  readonly task: EvaluationTask;
}

/** @param content  all that decides the outcome of what it names, as JSON has it. */
export function idOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

/** What those before a candidate have to do with its training on a rung. */
export interface Precedents {
  /** What it must have come to for it to go on, if it is to be that long. */
  readonly stopBelow?: readonly number[];
  readonly parent?: ParentWeights | undefined;
}

/** The tasks of a candidate of the search, by rung. */
export function candidateTasks(
  genome: string,
  settings: TaskSettings,
  data: DataSize,
  precedentsOn: (rung: number, epochs: number) => Precedents = () => ({}),
): readonly IdentifiedTask[] {
  const cost = estimateCost(parseGenome(genome), data.problem);
  return candidateSizes(settings.config, data, cost).map((size, rung) =>
    candidateTask(genome, settings, size, precedentsOn(rung, size.epochs)),
  );
}

function candidateTask(
  genome: string,
  settings: TaskSettings,
  { searchLimit, epochs }: RungSize,
  { stopBelow = [], parent }: Precedents,
): IdentifiedTask {
  const { trainLimit, validation, fitnessOn } = settings.config;
  const limits = {
    ...(trainLimit && { trainLimit }),
    ...(searchLimit && { searchLimit }),
    ...(fitnessOn === 'test' && { scoreOnTest: true as const }),
  };
  const length = { epochs, ...(stopBelow.length > 0 && { stopBelow }) };
  return identify(genome, settings, { ...limits, validation, purpose: 'search' }, length, { parent });
}

/** A network of the front, on all images that candidates may be trained on. */
export function refinementTask(genome: string, settings: TaskSettings, epochs: number): IdentifiedTask {
  const { trainLimit, validation, fitnessOn } = settings.config;
  const selection = { ...(trainLimit && { trainLimit }), ...(fitnessOn === 'test' && { scoreOnTest: true as const }) };
  return identify(genome, settings, { ...selection, validation, purpose: 'search' }, { epochs });
}

/**
 * The best genome, from scratch, on training and validation data.
 *
 * @param repeat  from 1; each has a seed of its own.
 */
export function finalTask(genome: string, settings: TaskSettings, repeat = 1): IdentifiedTask {
  const { trainLimit, validation, finalEpochs } = settings.config;
  const selection = { ...(trainLimit && { trainLimit }), validation, purpose: 'final' } as const;
  const config = { ...settings.config, training: finalTrainingOf(settings.config) };
  return identify(genome, { ...settings, config }, selection, { epochs: finalEpochs }, { repeat });
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
  genome: string,
  { config, dataset, checkpoint }: TaskSettings,
  selection: Omit<EvaluationTask['selection'], 'seed'>,
  length: Pick<TrainingSettings, 'epochs' | 'stopBelow'>,
  { repeat = 1, parent }: { readonly repeat?: number; readonly parent?: ParentWeights | undefined } = {},
): IdentifiedTask {
  const { optimizer, ...training } = config.training;
  const settings: TrainingSettings = { ...training, optimiser: optimizer, ...length };
  const content = {
    genome,
    network: networkOptionsOf(config),
    selection: { seed: `${config.seed}/data`, ...selection },
    training: settings,
    lowering: config.lowering,
    ...(selection.purpose === 'search' && config.objectives.includes('latency') && { latency: true as const }),
    seed: `${config.seed}/${selection.purpose}/${genome}${repeat === 1 ? '' : `/${repeat}`}`,
  };
  const id = idOf([ENGINE_NUMERICS, dataset.fingerprint, content, ...(parent ? [parent.id] : [])]);
  const task = { id, ...content, dataset, checkpointPath: checkpoint(id), details: config.tensorboard };
  return { id, task: parent ? { ...task, parent } : task };
}
