// The options of `AutoCNN`, named as in the Python package and Keras, and the configuration that they stand for.

import type { ArrayDataset } from '../../data/build/from-arrays.ts';
import type { Dataset } from '../../data/set/dataset.ts';
import { InvalidInputError } from '../../errors.ts';
import type { Evaluator } from '../../evaluation/evaluator.ts';
import type { SearchStrategy } from '../../evolution/strategy.ts';
import type { HeadLayer } from '../../genome/head.ts';
import { nearestOf } from '../../text/did-you-mean.ts';
import type { Callback } from '../callbacks/callback.ts';
import type { SearchConfigInput } from '../config/config.ts';
import type { CreateSearchOptions } from '../create-search.ts';
import type { StrategyContext } from '../records/strategy-context.ts';
import { type LossOption, type MetricOption, toLoss, toMetric } from './keras-names.ts';
import { checkForms } from './option-forms.ts';

/** Any further key of the configuration. */
export interface FurtherSettings
  extends Omit<
    SearchConfigInput,
    | 'dataset'
    | 'backbone'
    | 'budget'
    | 'preset'
    | 'population'
    | 'generations'
    | 'outputLayer'
    | 'crossoverProbability'
    | 'mutationProbability'
    | 'mutationWeights'
    | 'searchSpace'
    | 'objectives'
    | 'pick'
    | 'seed'
    | 'strategy'
    | 'workers'
    | 'logsDir'
    | 'fitnessCache'
    | 'checkpointDir'
    | 'training'
  > {
  /** Settings of the training besides the options `epochNumber`, `optimizer`, `loss` and `metrics`. */
  readonly training?: Omit<
    NonNullable<SearchConfigInput['training']>,
    'epochs' | 'optimizer' | 'learningRate' | 'loss' | 'metrics'
  >;
}

type OptimiserInput = NonNullable<NonNullable<SearchConfigInput['training']>['optimizer']>;

/** Options of {@link AutoCNN}: those of the Python package under its names, and more. */
export interface AutoCnnOptions {
  /**
   * What {@link loadDataset} takes: a built-in name or a path, or an object with that as `source` and how it is loaded, such as
   * `{ source: './photos', size: { height: 32, width: 32 } }`; or what it gives; or arrays.
   */
  readonly dataset: string | Omit<SearchConfigInput['dataset'], 'fingerprint'> | Dataset | ArrayDataset;
  /**
   * An ONNX file that finds features in the images, behind which the network is designed; or an object with that as `file` and
   * how it is used, such as `{ file: 'mobilenet.onnx', output: 'features' }`. The model that results holds both.
   */
  readonly backbone?: string | Omit<NonNullable<SearchConfigInput['backbone']>, 'sha256' | 'features'>;
  /** Where all settings come from that you leave out: `fast` (the default), `autocnn` (the Python package) or `cnn-ga` (the paper). */
  readonly preset?: 'fast' | 'autocnn' | 'cnn-ga';
  /** Time or computing for the whole run, such as `5m` or `2e15flops`; it decides all sizes that you leave out. */
  readonly budget?: string;
  /**
   * Which genomes are tried: CNN-GA; aging evolution; random search; or a function that makes a strategy of your own. It is
   * called more than once and must give a new strategy each time, for a run is resumed by asking a new one again and answering
   * it from the journal.
   */
  readonly strategy?: 'generational' | 'steady-state' | 'random' | ((context: StrategyContext) => SearchStrategy);
  readonly populationSize?: number;
  /** Rounds of evolution after the initial population. */
  readonly maximalGenerationNumber?: number;
  /** The head of every network. */
  readonly outputLayer?: readonly HeadLayer[];
  /** Epochs of each candidate; also of the final training, which has at least 3, unless `settings.finalEpochs` is given. */
  readonly epochNumber?: number;
  /** A name with the usual settings, or settings; `learningRate` is the base rate of the schedule. */
  readonly optimizer?:
    | 'adam'
    | 'adamw'
    | 'muon'
    | 'sgd'
    | 'rmsprop'
    | (NonNullable<NonNullable<SearchConfigInput['training']>['optimizer']> & { readonly learningRate?: number });
  readonly loss?: LossOption;
  /** Measured on the validation images; the first is the fitness. */
  readonly metrics?: readonly MetricOption[];
  readonly crossoverProbability?: number;
  readonly mutationProbability?: number;
  /** Probabilities of adding a skip layer, adding a pooling layer, removing a layer and re-drawing a layer; they sum to 1. */
  readonly mutationOperationDistribution?: readonly [number, number, number, number];
  /** Called while the search runs; `earlyStopping` and `learningRateScheduler` are ready-made. */
  readonly extraCallbacks?: readonly Callback[];
  /** Where the run's event files for TensorBoard go; without it `tensorboard/` in the run folder. */
  readonly logsDir?: string;
  /** A file of finished evaluations that runs share, also at the same time; no effect on results. */
  readonly fitnessCache?: string;
  /** A folder of weights that runs share: a network whose weights are there is not trained again. No effect on results. */
  readonly checkpointDir?: string;
  /**
   * A file of genomes and their fitness, `{"128-64": 0.98}`, as the Python package keeps it. Its values are taken as measured
   * under these very options: they have an effect on results.
   */
  readonly importFitness?: string;
  readonly seed?: number;
  /** Child processes that train candidates; no effect on results. */
  readonly workers?: number;
  /** Interrupts the run, which can then be resumed. */
  readonly signal?: AbortSignal;
  /** The fitness, then what is to be small: `['accuracy', 'parameters']`; also `flops`, `latency`. */
  readonly objectives?: NonNullable<SearchConfigInput['objectives']>;
  /** Which network of the Pareto front becomes the model: `best`, `knee`, `smallest-within=1%`. */
  readonly pick?: string;
  readonly searchSpace?: NonNullable<SearchConfigInput['searchSpace']>;
  /** The run folder; without it the next free one in `runs/`. */
  readonly out?: string;
  readonly settings?: FurtherSettings;
  /** Trains the candidates in place of the child processes; the run closes it. */
  readonly evaluator?: Evaluator;
  /**
   * The queue whose workers (`auto-cnn worker`) train the candidates, `redis://HOST:PORT/DATABASE`; no effect on results. It is
   * not stored with the run.
   */
  readonly queue?: NonNullable<CreateSearchOptions['queue']>;
}

/**
 * Translates the options into a configuration. Whatever is left out comes from the preset or the defaults.
 *
 * @throws {InvalidInputError} for an unknown option, loss or metric, an option of the wrong form, or a setting that has an
 *   option of its own.
 */
export function toSearchConfig(options: AutoCnnOptions): SearchConfigInput {
  checkForms(options);
  checkKeys(options);
  const {
    settings = {},
    backbone,
    budget,
    preset,
    searchSpace,
    seed,
    strategy,
    workers,
    logsDir,
    fitnessCache,
    checkpointDir,
    crossoverProbability,
    mutationProbability,
  } = options;
  const { populationSize: population, maximalGenerationNumber: generations, outputLayer } = options;
  const { mutationOperationDistribution, epochNumber: epochs } = options;
  const { optimizer, learningRate } = toOptimiser(options.optimizer);
  const training = defined({
    ...settings.training,
    epochs,
    optimizer,
    learningRate,
    loss: options.loss === undefined ? undefined : toLoss(options.loss),
    metrics: options.metrics?.map(toMetric),
  });
  return {
    ...defined({
      ...settings,
      backbone: typeof backbone === 'string' ? { file: backbone } : backbone,
      budget,
      preset,
      population,
      generations,
      crossoverProbability,
      mutationProbability,
      mutationWeights: mutationOperationDistribution && spread(mutationOperationDistribution),
      outputLayer: outputLayer && [...outputLayer],
      searchSpace,
      objectives: options.objectives && [...options.objectives],
      pick: options.pick,
      seed,
      strategy: typeof strategy === 'function' ? ('custom' as const) : strategy,
      workers,
      logsDir,
      fitnessCache,
      checkpointDir,
    }),
    ...(Object.keys(training).length > 0 && { training }),
    dataset: sourceOf(options.dataset),
  };
}

/** Where a key of the configuration stands in the options, for messages. */
export function placeOfOption(path: string): string {
  if (path === '') return 'the options';
  const whole = path === 'training.learningRate' ? 'optimizer.learningRate' : OPTION_OF_KEY[path];
  if (whole !== undefined) return whole;
  const key = Object.keys(OPTION_OF_KEY).find((prefix) => path.startsWith(`${prefix}.`));
  return key === undefined ? `settings.${path}` : `${OPTION_OF_KEY[key]}${path.slice(key.length)}`;
}

const OPTION_OF_KEY: Readonly<Record<string, string>> = {
  dataset: 'dataset',
  backbone: 'backbone',
  budget: 'budget',
  preset: 'preset',
  population: 'populationSize',
  generations: 'maximalGenerationNumber',
  outputLayer: 'outputLayer',
  crossoverProbability: 'crossoverProbability',
  mutationProbability: 'mutationProbability',
  mutationWeights: 'mutationOperationDistribution',
  searchSpace: 'searchSpace',
  objectives: 'objectives',
  pick: 'pick',
  seed: 'seed',
  strategy: 'strategy',
  workers: 'workers',
  logsDir: 'logsDir',
  fitnessCache: 'fitnessCache',
  checkpointDir: 'checkpointDir',
  'training.epochs': 'epochNumber',
  'training.optimizer': 'optimizer',
  'training.loss': 'loss',
  'training.metrics': 'metrics',
};

const OPTIONS: Readonly<Record<keyof AutoCnnOptions, true>> = {
  dataset: true,
  backbone: true,
  budget: true,
  preset: true,
  populationSize: true,
  maximalGenerationNumber: true,
  outputLayer: true,
  epochNumber: true,
  optimizer: true,
  loss: true,
  metrics: true,
  crossoverProbability: true,
  mutationProbability: true,
  mutationOperationDistribution: true,
  extraCallbacks: true,
  logsDir: true,
  fitnessCache: true,
  checkpointDir: true,
  importFitness: true,
  seed: true,
  strategy: true,
  workers: true,
  signal: true,
  searchSpace: true,
  objectives: true,
  pick: true,
  out: true,
  settings: true,
  evaluator: true,
  queue: true,
};

/** For callers without a type checker. */
function checkKeys(options: AutoCnnOptions): void {
  const names = Object.keys(OPTIONS);
  const unknown = Object.keys(options).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    const near = nearestOf(unknown, names);
    const cure = near === undefined ? '' : `; did you mean ${near}?`;
    throw new InvalidInputError(`${unknown} is not an option of AutoCNN${cure}`, {
      details: { received: unknown, known: names },
    });
  }
  const { training = {}, ...others } = options.settings ?? {};
  const paths = [...Object.keys(others), ...Object.keys(training).map((key) => `training.${key}`)];
  const doubled = paths.find((path) => !placeOfOption(path).startsWith('settings.'));
  if (doubled !== undefined) {
    throw new InvalidInputError(`settings.${doubled} is an option of its own: give it as ${placeOfOption(doubled)}`);
  }
}

function toOptimiser(option: AutoCnnOptions['optimizer']): { optimizer?: OptimiserInput; learningRate?: number } {
  if (option === undefined) return {};
  if (typeof option === 'string') return { optimizer: { name: option } };
  const { learningRate, ...optimizer } = option;
  return { optimizer, ...(learningRate !== undefined && { learningRate }) };
}

/** How to load the data again; only a name for data that was never loaded. */
function sourceOf(dataset: AutoCnnOptions['dataset']): SearchConfigInput['dataset'] {
  if (typeof dataset === 'string') return { source: dataset };
  if ('xTrain' in dataset) return { source: dataset.name ?? 'arrays' };
  return 'train' in dataset ? (dataset.origin ?? { source: dataset.name }) : dataset;
}

function spread([a, b, c, d]: readonly [number, number, number, number]): [number, number, number, number] {
  return [a, b, c, d];
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Drops undefined values: the configuration has defaults for absent keys only. */
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
