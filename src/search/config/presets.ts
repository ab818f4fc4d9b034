// Presets: named settings that lie between the defaults and what a user says.

import type { AugmentationSettings } from '../../data/set/augment.ts';

/** Part of a configuration, by its keys. */
type Settings = Readonly<Record<string, unknown>>;

const FLATTEN_AND_DENSE = [{ type: 'flatten' }, { type: 'dense', units: 'classes', activation: 'softmax' }] as const;

/** Neither source limits the time of a candidate; a week ends only what hangs. */
const WEEK_SECONDS = 7 * 24 * 3600;

/**
 * The settings of the Python package auto-cnn 1.0, with the population and generations of its example.
 *
 * Differs: it bounds the depth of the initial genomes alone, here the bound holds throughout; its validation images are
 * the last 20 % of the training images, here a stratified sample; it scores candidates on the test images (`fitnessOn`).
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
    statisticsMomentum: 0.99,
  },
  outputLayer: FLATTEN_AND_DENSE,
  shortcut: 'always',
  validation: 0.2,
  searchLimit: null,
  timeoutSeconds: WEEK_SECONDS,
};

/**
 * The settings of the CNN-GA paper.
 *
 * Differs: it sets no bound on depth; here there must be one, and 10 is our choice.
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
    augmentation: { padAndCrop: 4, horizontalFlip: true },
  },
  outputLayer: FLATTEN_AND_DENSE,
  shortcut: 'where-channels-differ',
  repeats: 5,
  validation: 0.1,
  searchLimit: null,
  timeoutSeconds: WEEK_SECONDS,
};

/** `fast` is the defaults of the configuration's schema. */
const PRESETS = { fast: {}, autocnn: AUTOCNN, 'cnn-ga': CNN_GA } as const satisfies Readonly<Record<string, Settings>>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = ['fast', 'autocnn', 'cnn-ga'] as const satisfies readonly PresetName[];

/** What a preset says; nothing of a name that is none. */
export function presetSettings(name: unknown): Settings {
  const known = PRESET_NAMES.find((preset) => preset === name);
  return known === undefined ? {} : structuredClone<Settings>(PRESETS[known]);
}

/**
 * Epochs of the final training where none are given: those of the candidates, as in the package and the paper. `fast`, whose
 * candidates train briefly, has 3 at least.
 */
export function finalEpochsFor(preset: PresetName = 'fast', epochs: number): number {
  return preset === 'fast' ? Math.max(3, epochs) : epochs;
}

/** What the final training does that the candidates' does not. */
export interface FinalTrainingSettings {
  /** `auto`: see `chooseAugmentation`. */
  readonly augmentation?: 'auto' | AugmentationSettings | undefined;
  /** Of cross-entropy. */
  readonly labelSmoothing?: number | undefined;
}

/**
 * Where nothing is given: the package and the paper train the winner as they train candidates. `fast` under a budget, which
 * trains it for longer, has augmentation and label smoothing, unless its candidates were given the like.
 *
 * @param training  as it was given.
 */
export function finalTrainingFor(
  preset: PresetName = 'fast',
  training: unknown,
  hasBudget: boolean,
): FinalTrainingSettings {
  if (preset !== 'fast' || !hasBudget) return {};
  const given = isSettings(training) ? training : {};
  return {
    ...(given.augmentation === undefined && { augmentation: 'auto' as const }),
    ...(given.loss === undefined && { labelSmoothing: 0.05 }),
  };
}

/**
 * Which network becomes the model where nothing is said: the fittest; `fast` under a budget, which trains it for much longer
 * than candidates, prefers the deepest of those that may be as good.
 */
export function pickFor(preset: PresetName = 'fast', hasBudget: boolean, objectives: readonly string[]): string {
  return preset === 'fast' && hasBudget && objectives.length === 1 ? 'promising' : 'best';
}

/** A configuration over the preset that it names. What is no configuration is returned as it is. */
export function overPreset(input: unknown): unknown {
  return isSettings(input) ? mergeSettings(presetSettings(input.preset), input) : input;
}

/**
 * The upper settings over the lower ones, key by key; lists are replaced as a whole, and so is what has another `name`: the
 * momentum of SGD is no setting of Adam.
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
