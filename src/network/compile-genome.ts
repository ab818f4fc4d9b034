// The compiler as one call: compiles a genome into the ONNX graphs with which the engine trains and scores its network.

import type { NetworkInput } from '../genome/cost.ts';
import type { Genome } from '../genome/genome.ts';
import { compileGraph } from './compile.ts';
import type { OptimiserSettings } from './graph/optimiser.ts';
import { buildEvaluationGraph, buildTrainingGraph, createNetwork } from './training-graph.ts';

/** The result of compiling a genome. */
export interface CompiledGenome {
  /**
   * ONNX bytes of one whole training step: forward, backward, optimiser, running statistics.
   *
   * Inputs: `image` uint8 `[N, C, H, W]`, `labels` int32 `[N]`, `parameters` float32 `[P]`, the optimiser's vectors `[P]`
   * each and its scalars, and, if the network normalises batches, `statistics` `[S]` and the scalar `statisticsRate`.
   * Outputs: `loss` (mean), `correct` (count), and `next_…` for each tensor of the state.
   */
  readonly training: Uint8Array;
  /**
   * ONNX bytes that score a batch. Inputs: `image`, `labels`, `parameters`, `statistics` (if any). Outputs: `lossSum`,
   * `correct`, `logits` `[N, classes]`.
   */
  readonly evaluation: Uint8Array;
  /** Position of each tensor in `parameters`, in elements. */
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly offset: number;
    readonly size: number;
  }[];
  /** Length of `statistics`; 0 if there are none. */
  readonly statisticCount: number;
}

const ADAM: OptimiserSettings = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 };

/**
 * Compiles the network of a genome with standard ONNX operators.
 *
 * @param problem  shape of the images, number of classes, head and shortcuts.
 * @param options  the optimiser (default: Adam), and mean and standard deviation of each channel on raw pixels 0..255
 *   (default: 0 and 1, which leaves pixels unchanged).
 * @throws {InvalidInputError} if a pooling layer would leave no pixel, or `problem` is invalid.
 */
export function compileGenome(
  genome: Genome,
  problem: NetworkInput,
  options: {
    readonly optimiser?: OptimiserSettings;
    readonly normalisation?: { readonly mean: readonly number[]; readonly std: readonly number[] };
  } = {},
): CompiledGenome {
  const channels = Array.from({ length: problem.input.channels });
  const { optimiser = ADAM, normalisation = { mean: channels.map(() => 0), std: channels.map(() => 1) } } = options;
  const network = createNetwork(genome, problem, normalisation);
  return {
    training: compileGraph(buildTrainingGraph(network, optimiser)),
    evaluation: compileGraph(buildEvaluationGraph(network)),
    parameters: network.layout.parameters.map(({ name, shape, offset, size }) => ({ name, shape, offset, size })),
    statisticCount: network.layout.statisticCount,
  };
}
