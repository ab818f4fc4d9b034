// Presets: named settings that override the defaults and are overridden by the user's configuration.

import type { AugmentationSettings } from '../../data/set/augment.ts';
import { DEFAULT_HEAD, type HeadLayer } from '../../genome/head.ts';
import { valueAt } from './config-issue.ts';
import { BALANCE_KEYS, type BalanceKey } from './training-schema.ts';
import { AUTO_GENOME } from './undecided-keys.ts';

/** Part of a configuration. */
type Settings = Readonly<Record<string, unknown>>;

const POOL_AND_DENSE: readonly HeadLayer[] = [
  { type: 'globalAveragePooling' },
  { type: 'dense', units: 'classes', activation: 'softmax' },
];

/** Neither source limits the time of a candidate; a week ends only evaluations that hang. */
const WEEK_SECONDS = 7 * 24 * 3600;

/**
 * The settings of the Python package auto-cnn 1.0, with the population and generations of its example.
 *
 * Differs: the package bounds only the depth of the initial genomes, here the bound always holds. Its validation images are
 * the last 20 % of the training images, here they are a stratified sample. It scores candidates on the test images
 * (`fitnessOn`).
 */
const AUTOCNN = {
  population: 5,
  generations: 4,
  crossoverProbability: 0.9,
  mutationProbability: 0.2,
  mutationWeights: [0.7, 0.1, 0.1, 0.1],
  searchSpace: { channels: [32, 64, 128, 256, 512], maxDepth: 5, maxFlops: null },
  training: {
    epochs: 1,
    batchSize: 64,
    learningRate: 1e-3,
    optimizer: { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 },
    schedule: { name: 'constant' },
    loss: { name: 'cross-entropy', labelSmoothing: 0 },
    metrics: ['accuracy'],
    classWeights: 'none',
    statisticsMomentum: 0.99,
  },
  outputLayer: DEFAULT_HEAD,
  shortcut: 'always',
  validation: 0.2,
  fitnessSplits: 1,
  searchLimit: null,
  timeoutSeconds: WEEK_SECONDS,
};

/**
 * The settings of the CNN-GA paper.
 *
 * Differs: the paper sets no bound on depth; here there must be one, and 10 is our choice.
 *
 * @see Sun et al. 2020, section IV.
 */
const CNN_GA = {
  population: 20,
  generations: 20,
  crossoverProbability: 0.9,
  mutationProbability: 0.2,
  mutationWeights: [0.7, 0.1, 0.1, 0.1],
  searchSpace: { channels: [64, 128, 256], maxDepth: 10, maxFlops: null },
  training: {
    epochs: 350,
    batchSize: 128,
    learningRate: 0.1,
    optimizer: { name: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 5e-4 },
    // A rate of 0.01 in epoch 0, 0.1 until epoch 148, 0.01 until 248, 0.001 until 349.
    schedule: {
      name: 'step',
      steps: [
        { epoch: 0, factor: 0.1 },
        { epoch: 1, factor: 1 },
        { epoch: 149, factor: 0.1 },
        { epoch: 249, factor: 0.01 },
      ],
    },
    loss: { name: 'cross-entropy', labelSmoothing: 0 },
    metrics: ['accuracy'],
    classWeights: 'none',
    augmentation: { padAndCrop: 4, horizontalFlip: true },
  },
  outputLayer: DEFAULT_HEAD,
  shortcut: 'where-channels-differ',
  repeats: 5,
  validation: 0.1,
  fitnessSplits: 1,
  searchLimit: null,
  timeoutSeconds: WEEK_SECONDS,
};

/** `fast` uses the defaults of the configuration schema. */
const PRESETS = { fast: {}, autocnn: AUTOCNN, 'cnn-ga': CNN_GA } as const satisfies Readonly<Record<string, Settings>>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = ['fast', 'autocnn', 'cnn-ga'] as const satisfies readonly PresetName[];

/** The settings of a preset; empty for an unknown name. */
export function presetSettings(name: unknown): Settings {
  const known = PRESET_NAMES.find((preset) => preset === name);
  return known === undefined ? {} : structuredClone<Settings>(PRESETS[known]);
}

/**
 * Default epochs of the final training: those of the candidates, as in the package and the paper. `fast`, whose candidates
 * train briefly, uses at least 3.
 */
export function finalEpochsFor(preset: PresetName = 'fast', epochs: number): number {
  return preset === 'fast' ? Math.max(3, epochs) : epochs;
}

/** Settings of the final training that differ from those of candidates. */
export interface FinalTrainingSettings {
  /** `auto`: see `augmentationFor`. */
  readonly augmentation?: 'auto' | AugmentationSettings | undefined;
  /** For cross-entropy. */
  readonly labelSmoothing?: number | undefined;
}

/**
 * Default settings of the final training. The package and the paper train the winner as they train candidates. `fast` with
 * a budget trains it longer and adds augmentation and label smoothing, unless the configuration sets these for candidates.
 *
 * @param training  as given by the user.
 */
export function finalTrainingFor(
  { preset = 'fast', backbone }: { readonly preset?: PresetName | undefined; readonly backbone?: object | undefined },
  training: unknown,
  hasBudget: boolean,
): FinalTrainingSettings {
  if (preset !== 'fast' || !hasBudget) return {};
  const given = isSettings(training) ? training : {};
  return {
    ...(given.augmentation === undefined && backbone === undefined && { augmentation: 'auto' as const }),
    ...(given.loss === undefined && { labelSmoothing: 0.05 }),
  };
}

/**
 * The default rule for which network becomes the model: the fittest. `fast` with a budget trains it for much longer than
 * candidates, and prefers the deepest of those that may be as good.
 */
export function pickFor(preset: PresetName = 'fast', hasBudget: boolean, objectives: readonly string[]): string {
  return preset === 'fast' && hasBudget && objectives.length === 1 ? 'promising' : 'best';
}

/**
 * The default head. That of the package and the paper: a weight for each pixel of the last feature maps. Where `fast` chooses
 * the genome itself, within a budget: the means of those maps.
 */
export function headFor(preset: PresetName = 'fast', genome: string | undefined, hasBudget: boolean): HeadLayer[] {
  const chooses = genome === AUTO_GENOME || (genome === undefined && hasBudget);
  return preset === 'fast' && chooses ? [...POOL_AND_DENSE] : [...DEFAULT_HEAD];
}

/** Merges a configuration over the preset that it names. Returns anything that is not an object unchanged. */
export function overPreset(input: unknown): unknown {
  return isSettings(input) ? mergeSettings(presetSettings(input.preset), input) : input;
}

/**
 * Merges the upper settings over the lower ones, key by key. Lists are replaced as a whole, and so are settings with a
 * different `name`: the momentum of SGD does not apply to Adam.
 */
function mergeSettings(lower: Settings, upper: Settings): Settings {
  const keeps = upper.name === undefined || upper.name === lower.name;
  const merged: Record<string, unknown> = keeps ? { ...lower } : {};
  for (const [key, value] of Object.entries(upper)) {
    const below = lower[key];
    if (value !== undefined) merged[key] = isSettings(below) && isSettings(value) ? mergeSettings(below, value) : value;
  }
  return merged;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The keys that are left to the data.
 *
 * @param input  the configuration as the user gave it.
 */
export function openBalance(input: unknown): BalanceKey[] {
  const settings = overPreset(input);
  // The run of a version before: it keeps what it had.
  if (valueAt(settings, ['engineKind']) !== undefined) return [];
  return BALANCE_KEYS.filter((key) => valueAt(settings, ['training', ...key.split('.')]) === undefined);
}
