// The flags that set keys of the configuration, and how flags and a configuration file are merged.

import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Option } from 'commander';
import { InvalidInputError, type SearchConfig } from '../../index.ts';
import {
  BUDGET_EXAMPLES,
  COST_NAMES,
  LOSS_NAMES,
  METRIC_NAMES,
  nearestOf,
  OPTIMISER_NAMES,
  openBalance,
  overPreset,
  PICK_EXAMPLES,
  PRESET_NAMES,
  readConfigFile,
  resolveConfig,
  SCHEDULE_NAMES,
  searchShareFor,
  undecidedKeys,
  withoutStale,
} from '../../internal.ts';
import { BACKBONE_FLAGS, type ConfigFlag, DATA_FLAGS, flag, LABELS_FLAG } from './data-flags.ts';
import { FINAL_FLAGS } from './final-flags.ts';
import { MACHINE_FLAGS } from './machine-flags.ts';
import { parseClassWeights, parseGenomes, parseHead, parseNames } from './network-values.ts';
import { parseLimit, parseNumber, parseNumberOrName, parseNumbers, parseSeconds, parseText } from './option-values.ts';

/** A step schedule needs a list, which only a file can give. */
const SCHEDULES = SCHEDULE_NAMES.filter((name) => name !== 'step');

export const PRESET_FLAG = flag('--preset <name>', 'preset', `${PRESET_NAMES.join(', ')} (default: fast)`, parseText);

/** What every network has around its genome. */
export const NETWORK_FLAGS: readonly ConfigFlag[] = [
  flag('--head <list>', 'outputLayer', 'flatten or gap, dense units, dropout=rate: gap,64,dropout=0.3', parseHead),
  flag('--shortcut <when>', 'shortcut', 'always or where-channels-differ', parseText),
];

/** By their heading in `--help`. */
export const SEARCH_FLAGS: Readonly<Record<string, readonly ConfigFlag[]>> = {
  'Budget:': [
    flag(
      '--budget <amount>',
      'budget',
      `for the whole run; it decides what you leave out: ${BUDGET_EXAMPLES}`,
      parseText,
    ),
  ],
  'Evolution:': [
    flag('--seed <n>', 'seed', 'seed of everything random', parseNumber),
    flag(
      '--search-share <x>',
      'searchShare',
      'of the budget: 0 for no search, up to 0.9, or auto (default: by the work for an image)',
      parseNumberOrName,
    ),
    flag('--strategy <name>', 'strategy', 'generational, steady-state or random', parseStrategy),
    flag('--population <n>', 'population', 'candidates in a generation', parseNumber),
    flag('--generations <n>', 'generations', 'rounds after the initial population', parseNumber),
    {
      ...flag(
        '--start-from <run or list>',
        'initialGenomes',
        'finished run whose networks and weights it begins with; or genomes, or none (default: none; with a budget reference designs)',
        parseGenomes,
      ),
      folderKey: 'startFrom.run',
    },
    flag('--rungs <n>', 'rungs', 'levels of training in successive halving', parseNumber),
    flag('--reduction <x>', 'reduction', 'one candidate in this many goes on to the next rung', parseNumber),
    flag(
      '--fitness-splits <n>',
      'fitnessSplits',
      'validation splits, each with a training of the candidate, that score it together, or auto (default: 1; with a budget auto)',
      parseNumberOrName,
    ),
    flag('--objectives <list>', 'objectives', `the fitness, then costs: ${COST_NAMES.join(', ')}`, parseNames),
    flag('--pick <rule>', 'pick', `${PICK_EXAMPLES}; with a budget promising`, parseText),
    flag('--crossover-probability <x>', 'crossoverProbability', 'for each pair of parents', parseNumber),
    flag('--mutation-probability <x>', 'mutationProbability', 'for each offspring', parseNumber),
  ],
  'Search space:': [
    flag('--channels <list>', 'searchSpace.channels', 'filter counts of a layer', parseNumbers),
    flag('--max-depth <n>', 'searchSpace.maxDepth', 'largest number of layers', parseNumber),
    flag(
      '--max-parameters <n>',
      'searchSpace.maxParameters',
      'largest number of parameters, such as 20e6',
      parseNumber,
    ),
    flag('--max-flops <n>', 'searchSpace.maxFlops', 'largest number of FLOPs for one image, or none', parseLimit),
    flag(
      '--max-activation-bytes <n>',
      'searchSpace.maxActivationBytes',
      'largest memory for one image in training',
      parseNumber,
    ),
    flag(
      '--max-candidate-time <time>',
      'searchSpace.maxSeconds',
      'longest time to train one, such as 20s',
      parseSeconds,
    ),
  ],
  'Training:': [
    flag('--epochs <n>', 'training.epochs', 'epochs of each candidate', parseNumber),
    flag(
      '--early-stop-candidates <rule>',
      'earlyStopCandidates',
      'none, or median: stop candidates below it',
      parseText,
    ),
    flag('--equal-compute', 'equalCompute', 'give small networks more epochs, for equal work', parseText),
    flag('--inherit-weights', 'inheritWeights', 'start unchanged layers with the weights of the parent', parseText),
    flag('--batch-size <n>', 'training.batchSize', 'images in a training step', parseNumber),
    flag('--learning-rate <x>', 'training.learningRate', 'base rate', parseNumber),
    flag('--optimizer <name>', 'training.optimizer.name', OPTIMISER_NAMES.join(', '), parseText),
    flag('--weight-decay <x>', 'training.optimizer.weightDecay', 'strength of weight decay', parseNumber),
    flag('--schedule <name>', 'training.schedule.name', SCHEDULES.join(', '), parseSchedule),
    flag('--warm-up <n>', 'training.warmUpEpochs', 'epochs in which the learning rate rises', parseNumber),
    flag('--loss <name>', 'training.loss.name', LOSS_NAMES.join(' or '), parseText),
    flag('--label-smoothing <x>', 'training.loss.labelSmoothing', 'share of the target spread evenly', parseNumber),
    flag(
      '--class-weights <how>',
      'training.classWeights',
      'none, balanced, or one weight a class (default: none; by class if the classes are uneven)',
      parseClassWeights,
    ),
    flag('--metrics <list>', 'training.metrics', `the first is the fitness: ${METRIC_NAMES.join(', ')}`, parseNames),
    flag(
      '--early-stopping <n>',
      'training.earlyStoppingPatience',
      'stop after this many epochs without improvement',
      parseNumber,
    ),
    flag('--fitness-on <part>', 'fitnessOn', 'validation, or test, which biases the result', parseText),
  ],
  'Final training:': FINAL_FLAGS,
  'Networks:': NETWORK_FLAGS,
  'Augmentation of the training images:': [
    flag('--crop <pixels>', 'training.augmentation.padAndCrop', 'pad the border, crop at random', parseNumber),
    flag('--padding <kind>', 'training.augmentation.padding', 'of crops: zeros or reflect (default: zeros)', parseText),
    flag('--flip', 'training.augmentation.horizontalFlip', 'mirror half of the images', parseText),
    {
      ...flag(
        '--alternate-flips',
        'training.augmentation.horizontalFlip',
        'mirror each image in every other epoch',
        parseText,
      ),
      implied: 'alternating',
    },
    flag('--cutout <pixels>', 'training.augmentation.cutout', 'blank a random square of this size', parseNumber),
    flag(
      '--rotate <degrees>',
      'training.augmentation.rotation',
      'rotate by up to this many degrees either way',
      parseNumber,
    ),
    flag(
      '--brightness <share>',
      'training.augmentation.brightness',
      'change the brightness by up to this share',
      parseNumber,
    ),
    flag(
      '--contrast <share>',
      'training.augmentation.contrast',
      'change the contrast by up to this share',
      parseNumber,
    ),
    flag(
      '--saturation <share>',
      'training.augmentation.saturation',
      'change the strength of colours by up to this share',
      parseNumber,
    ),
    flag(
      '--cutmix <share>',
      'training.augmentation.cutmix',
      'put a part of another image into this share of the images',
      parseNumber,
    ),
  ],
  'Data:': [
    ...DATA_FLAGS,
    LABELS_FLAG,
    flag(
      '--validation <share>',
      'validation',
      'share of the training images that scores candidates, if the data has no validation part',
      parseNumberOrName,
    ),
    flag('--train-limit <n>', 'trainLimit', 'use a stratified sample of this many training images', parseNumber),
    flag(
      '--search-limit <n>',
      'searchLimit',
      'train candidates on a sample of this many images, or none: on all',
      parseLimit,
    ),
  ],
  'Backbone:': BACKBONE_FLAGS,
  'Machine:': MACHINE_FLAGS,
};

export const ALL_FLAGS: readonly ConfigFlag[] = [PRESET_FLAG, ...Object.values(SEARCH_FLAGS).flat()];

/** Values of the flags that were given, by key of the configuration. */
export type GivenFlags = ReadonlyMap<string, { readonly flag: string; readonly value: unknown }>;

/** The option as commander declares it; the default that it shows is the configuration's. */
export function optionOf({ flags, key, description }: ConfigFlag): Option {
  const isImplied = key === 'workers' || flags.startsWith('--no-');
  const fallback = isImplied ? undefined : valueAt(defaults, key);
  const isNothing = fallback === undefined || fallback === false || (Array.isArray(fallback) && fallback.length === 0);
  return new Option(flags, isNothing ? description : `${description} (default: ${shownDefault(key, fallback)})`);
}

/** Whether a value is meant as a folder: no other value has a slash. */
const namesFolder = (text: string): boolean =>
  /[/\\]/.test(text) || (statSync(text, { throwIfNoEntry: false })?.isDirectory() ?? false);

/** Parses the options that commander collected. */
export function readFlags(options: Readonly<Record<string, unknown>>, flags: readonly ConfigFlag[]): GivenFlags {
  const given = new Map<string, { flag: string; value: unknown }>();
  for (const { flags: declaration, key, parse, implied, folderKey } of flags) {
    const option = new Option(declaration);
    const text = options[option.attributeName()];
    const flag = option.long ?? declaration;
    if (typeof text === 'string' && folderKey !== undefined && namesFolder(text))
      given.set(folderKey, { flag, value: text });
    else if (typeof text === 'string') given.set(key, { flag, value: parse(text, flag) });
    else if (typeof text === 'boolean' && text !== option.negate) given.set(key, { flag, value: implied ?? text });
  }
  return given;
}

/** A configuration file. It is read once, as it may be a pipe. */
export interface ConfigFile {
  readonly path: string;
  readonly content: unknown;
}

/** @throws {InvalidInputError} if it cannot be read or is not JSON. */
export function readConfig(path: string | undefined): ConfigFile | undefined {
  return path === undefined ? undefined : { path, content: withBackboneBeside(path, readConfigFile(path)) };
}

/** A run that was moved has its backbone beside its configuration. */
function withBackboneBeside(path: string, content: unknown): unknown {
  const file = valueAt(content, 'backbone.file');
  const beside = join(dirname(path), 'backbone.onnx');
  if (!isTree(content) || typeof file !== 'string' || existsSync(file) || !existsSync(beside)) return content;
  return { ...content, backbone: { ...Object(content.backbone), file: beside } };
}

/**
 * Merges the preset, the file and the flags; later ones win.
 *
 * @param data  the DATA argument.
 * @throws {InvalidInputError} naming the file and the key, or the flag.
 */
export function configFrom(file: ConfigFile | undefined, data: string | undefined, given: GivenFlags): SearchConfig {
  const preset = given.get('preset')?.value;
  // Checked by itself, so that the message names the flag.
  if (preset !== undefined) resolveConfig({ preset, dataset: { source: 'any' } }, placeIn(given, undefined));
  const stored = file && storedUnder(file, data, given);
  const config = stored === undefined ? treeOver({}, preset) : treeOfFile(stored, preset);
  if (data === undefined && valueAt(config, 'dataset.source') === undefined) {
    throw new InvalidInputError(
      'the data is missing: give a name or a folder, such as "auto-cnn search mnist", or dataset.source in a --config file',
    );
  }
  if (data !== undefined) {
    setAt(config, 'dataset.source', data);
    setAt(config, 'dataset.path', undefined);
  }
  for (const [key, { value }] of given) {
    const parent = key.slice(0, key.lastIndexOf('.'));
    if (key.endsWith('.name') && valueAt(config, key) !== value) setAt(config, parent, {});
    for (const choice of ['training.optimizer', 'training.loss'] as const) {
      const isPart = key.startsWith(`${choice}.`) && !key.endsWith('.name');
      if (isPart && valueAt(config, `${choice}.name`) === undefined) {
        setAt(config, `${choice}.name`, valueAt(defaults, `${choice}.name`));
      }
    }
    setAt(config, key, value);
  }
  // The file's fingerprint belongs to its own data, prepared and split as the file says.
  const changesData = [...given.keys()].some((key) => /^(dataset|backbone)\./.test(key));
  if (data !== undefined || changesData) setAt(config, 'dataset.fingerprint', undefined);
  const own = ownOf(stored?.content, config, given);
  if (given.has('budget') || valueAt(config, 'undecided') === undefined) setAt(config, 'undecided', undecidedKeys(own));
  if (valueAt(config, 'balance') === undefined) setAt(config, 'balance', openBalance(config));
  if (valueAt(config, 'searchShare') === undefined) setAt(config, 'searchShare', searchShareFor(own));
  return resolveConfig(config, placeIn(given, file?.path));
}

/** A configuration file without the values that no longer hold once the command line has changed others. */
export function storedUnder(file: ConfigFile, data: string | undefined, given: GivenFlags): ConfigFile {
  const { content } = file;
  if (!isTree(content)) return file;
  const changes = new Map<string, unknown>([...given].map(([key, { value }]) => [key, value]));
  if (data !== undefined && data !== valueAt(content, 'dataset.source')) changes.set('dataset.source', data);
  return { ...file, content: withoutStale(content, changes) };
}

/** What the file and the flags give; a preset's values give way to a budget. */
function ownOf(content: unknown, { budget, genome, objectives, preset }: Tree, given: GivenFlags): Tree {
  const own: Tree = structuredClone(isTree(content) ? content : {});
  for (const [key, { value }] of given) setAt(own, key, value);
  return { ...own, budget, genome, objectives, preset };
}

/** Where a key was set: its flag, or its place in the file. */
export function placeIn(given: GivenFlags, file: string | undefined): (path: string) => string {
  return (path) => {
    const [, setBy] = [...given].find(([key]) => path === key || path.startsWith(`${key}.`)) ?? [];
    return setBy?.flag ?? (file === undefined ? path : `${file}: ${path}`);
  };
}

const defaults = resolveConfig({ dataset: { source: 'any' } }, 'the defaults');

type Tree = Record<string, unknown>;

/** A configuration file over its preset. It must be valid by itself, apart from data and preset, which flags may give. */
function treeOfFile({ path, content }: ConfigFile, preset: unknown): Tree {
  if (!isTree(content)) resolveConfig(content, path);
  const tree = treeOver(isTree(content) ? content : {}, preset);
  resolveConfig({ ...tree, dataset: withDefaultSource(tree.dataset) }, path);
  return tree;
}

/** @param preset  if given, instead of the one that the content names. */
function treeOver(content: Tree, preset: unknown): Tree {
  const tree = overPreset(preset === undefined ? content : { ...content, preset });
  return structuredClone(isTree(tree) ? tree : {});
}

function withDefaultSource(dataset: unknown): unknown {
  if (dataset === undefined) return { source: 'any' };
  return isTree(dataset) ? { source: 'any', ...dataset } : dataset;
}

/** The strategy `custom` needs a program that brings it. */
function parseStrategy(text: string, name: string): string {
  const names = ['generational', 'steady-state', 'random'];
  if (names.includes(text)) return text;
  const near = nearestOf(text, names);
  throw new InvalidInputError(
    `${name} must be one of ${names.join(', ')}, received ${JSON.stringify(text)}${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}

function parseSchedule(text: string, name: string): string {
  if (text !== 'step') return text;
  const names = SCHEDULE_NAMES.filter((schedule) => schedule !== 'step').join(', ');
  throw new InvalidInputError(
    `${name} step needs its list of steps: set training.schedule in a --config file, or use ${names}`,
  );
}

function shownDefault(key: string, value: unknown): string {
  if (key === 'outputLayer') return 'flatten; gap if a budget chooses';
  if (key === 'timeoutSeconds') return `${Number(value) / 60}m`;
  if (typeof value === 'number' && value > 0 && value % 1e6 === 0) return `${value / 1e6}e6`;
  return Array.isArray(value) ? value.join(',') : String(value);
}

export function valueAt(tree: unknown, key: string): unknown {
  return key.split('.').reduce<unknown>((value, part) => (isTree(value) ? value[part] : undefined), tree);
}

function setAt(tree: Tree, key: string, value: unknown): void {
  const parts = key.split('.');
  const last = parts.pop() ?? key;
  let parent = tree;
  for (const part of parts) {
    const child = parent[part];
    const next: Tree = isTree(child) ? child : {};
    parent[part] = next;
    parent = next;
  }
  parent[last] = value;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
