// The graph of one complete training step, and the graph that scores a batch.

import type { NetworkInput } from '../genome/cost.ts';
import type { Genome } from '../genome/genome.ts';
import { buildForward } from './forward.ts';
import { differentiate } from './graph/gradients.ts';
import { type Graph, GraphBuilder, type Value } from './graph/graph.ts';
import type { LossAttributes } from './graph/operators.ts';
import { createOptimiser, type OptimiserSettings } from './graph/optimiser.ts';
import { type Dimension, float32, tensor } from './graph/tensor-type.ts';
import { verifyGraph } from './graph/verify-graph.ts';
import { type Layer, planLayers } from './layers.ts';
import type { Normalisation } from './normalisation.ts';
import { layOutParameters, type ParameterLayout, type ParameterSpec } from './parameters.ts';

/** A network to compile: its layers, its parameters, its input. */
export interface Network {
  readonly genome: Genome;
  readonly problem: NetworkInput;
  readonly normalisation: Normalisation;
  readonly layers: readonly Layer[];
  readonly layout: ParameterLayout;
}

export function createNetwork(genome: Genome, problem: NetworkInput, normalisation: Normalisation): Network {
  const layers = planLayers(genome, problem);
  return { genome, problem, normalisation, layers, layout: layOutParameters(layers) };
}

/** The loss that the optimiser minimises. */
export interface LossSettings extends LossAttributes {
  readonly name: 'cross-entropy' | 'mean-squared-error';
}

export interface GradientOptions {
  /** Default: plain cross-entropy. */
  readonly loss?: LossSettings;
  /** Number of images in a batch; if absent, it is known only at run time. The blocked lowering needs it. */
  readonly batchSize?: number;
  /** Seed of the dropout masks; a session draws a new mask each step. */
  readonly dropoutSeed?: number;
  /** The masks are inputs: `mask0`, `mask1`, … Needed by lowerings that say so. */
  readonly takesMasks?: boolean | undefined;
}

/** Name of the graph output with the new value of a state tensor. */
export const nextName = (name: string): string => `next_${name}`;

/**
 * One training step: forward, backward, optimiser, running statistics.
 *
 * Inputs: `image` uint8 `[N, C, H, W]`, `labels` int32 `[N]`, `parameters` `[P]`, the optimiser's slots `[P]` each and its
 * scalars, and, if the network normalises batches, `statistics` `[S]` and the scalar `statisticsRate`; masks if asked for.
 * Outputs: `loss` (mean), `correct` (count), and `next_…` for each state tensor.
 */
export function buildTrainingGraph(
  network: Network,
  settings: OptimiserSettings,
  options: GradientOptions = {},
): Graph {
  const builder = new GraphBuilder();
  const optimiser = createOptimiser(settings);
  const step = buildGradients(builder, network, options);
  const { parameterCount, statisticCount } = network.layout;
  const shapes = network.layout.parameters.map(({ shape }) => shape);

  const slots = optimiser.slots.map((name) => builder.input(name, float32(parameterCount)));
  const scalars = optimiser.scalars.map((name) => builder.input(name, float32()));
  const updated = optimiser.update(builder, step.parameters, step.gradient, slots, scalars, shapes);
  for (const [i, name] of ['parameters', ...optimiser.slots].entries()) {
    builder.output(nextName(name), updated[i] as Value);
  }
  if (statisticCount > 0) {
    const running = builder.input('statistics', float32(statisticCount));
    const rate = builder.input('statisticsRate', float32());
    const batch = builder.add('pack', step.batchStatistics, {});
    builder.output(nextName('statistics'), builder.add('movingAverage', [running, batch, rate], {}));
  }
  return verifyGraph(builder.build());
}

/**
 * Only forward and backward pass, for tests and proxies. Outputs: `loss`, `correct`, `logits`, `gradient` `[P]` and, if
 * there are any, `batchStatistics` `[S]`.
 */
export function buildGradientGraph(network: Network, options: GradientOptions = {}): Graph {
  const builder = new GraphBuilder();
  const { logits, gradient, batchStatistics } = buildGradients(builder, network, options);
  builder.output('logits', logits);
  builder.output('gradient', gradient);
  if (batchStatistics.length > 0) builder.output('batchStatistics', builder.add('pack', batchStatistics, {}));
  return verifyGraph(builder.build());
}

/**
 * Scores a batch with the running statistics. Inputs: `image`, `labels`, `parameters`, `statistics` (if any).
 * Outputs: `lossSum`, `correct`, `logits` `[N, classes]`. Class weights belong to training and are ignored here.
 */
export function buildEvaluationGraph(network: Network, loss: LossSettings = CROSS_ENTROPY): Graph {
  const builder = new GraphBuilder();
  const { image, labels } = addBatchInputs(builder, network);
  const { layout } = network;
  const parameters = unpack(builder, builder.input('parameters', float32(layout.parameterCount)), layout.parameters);
  const statistics =
    layout.statisticCount === 0
      ? new Map<string, Value>()
      : unpack(builder, builder.input('statistics', float32(layout.statisticCount)), layout.statistics);
  const { logits } = buildForward(builder, image, network.layers, { parameters, statistics });
  const { classWeights: _, ...unweighted } = loss;
  builder.output('lossSum', addLoss(builder, logits, labels, unweighted, 'sum'));
  builder.output('correct', builder.add('correctCount', [logits, labels], {}));
  builder.output('logits', logits);
  return verifyGraph(builder.build());
}

interface GradientStep {
  readonly parameters: Value;
  readonly logits: Value;
  /** Flat, `[P]`. */
  readonly gradient: Value;
  readonly batchStatistics: readonly Value[];
}

function buildGradients(
  builder: GraphBuilder,
  network: Network,
  { loss: settings = CROSS_ENTROPY, batchSize, dropoutSeed = 0, takesMasks = false }: GradientOptions,
): GradientStep {
  const { image, labels } = addBatchInputs(builder, network, batchSize);
  const parameters = builder.input('parameters', float32(network.layout.parameterCount));
  const tensors = unpack(builder, parameters, network.layout.parameters);
  const { logits, batchStatistics } = buildForward(builder, image, network.layers, {
    parameters: tensors,
    dropoutSeed,
    takesMasks,
  });
  const loss = addLoss(builder, logits, labels, settings, 'mean');
  builder.output('loss', loss);
  builder.output('correct', builder.add('correctCount', [logits, labels], {}));
  const gradient = builder.add('pack', differentiate(builder, loss, [...tensors.values()]), {});
  return { parameters, logits, gradient, batchStatistics };
}

const CROSS_ENTROPY: LossSettings = { name: 'cross-entropy' };

function addLoss(
  builder: GraphBuilder,
  logits: Value,
  labels: Value,
  { name, ...attributes }: LossSettings,
  reduction: 'mean' | 'sum',
): Value {
  const op = name === 'cross-entropy' ? 'softmaxCrossEntropy' : 'meanSquaredError';
  return builder.add(op, [logits, labels], { ...attributes, reduction });
}

function addBatchInputs(
  builder: GraphBuilder,
  network: Network,
  batchSize: Dimension = 'N',
): { image: Value; labels: Value } {
  const { channels, height, width } = network.problem.input;
  const raw = builder.input('image', tensor('uint8', batchSize, channels, height, width));
  const labels = builder.input('labels', tensor('int32', batchSize));
  const { mean, std } = network.normalisation;
  return { image: builder.add('normalise', [raw], { mean, std }), labels };
}

function unpack(builder: GraphBuilder, flat: Value, specs: readonly ParameterSpec[]): ReadonlyMap<string, Value> {
  const shapes = specs.map((spec) => spec.shape);
  const parts = builder.addMany('unpack', [flat], { shapes });
  return new Map(specs.map((spec, i) => [spec.name, parts[i] as Value]));
}
