// A compiled training step and its state.

import { compileGraph } from '../../network/compile.ts';
import type { TrainedState } from '../../network/deployable-graph.ts';
import { createOptimiser, type Optimiser, type OptimiserSettings } from '../../network/graph/optimiser.ts';
import { buildTrainingGraph, type GradientOptions, type Network, nextName } from '../../network/training-graph.ts';
import type { Batch } from '../batch-buffers.ts';
import type { Runtime, RuntimeSession, RuntimeTensor } from '../runtime.ts';
import type { TrainingState } from '../state/training-state.ts';
import { DropoutMasks } from './dropout-masks.ts';

export interface StepResult {
  /** Mean loss over the batch, before the update. */
  readonly loss: number;
  /** Number of examples in the batch that were classified correctly. */
  readonly correct: number;
}

type Tensors = Record<string, RuntimeTensor>;

interface CompiledStep {
  readonly session: RuntimeSession;
  readonly masks: DropoutMasks;
}

/**
 * Uses two sets of state buffers in turn: a step reads one and writes the other, so training allocates nothing.
 */
export class TrainingSession {
  readonly #compile: (batchSize: number) => Promise<CompiledStep>;
  /** Compiled steps by batch size, which is fixed in a graph. */
  readonly #compiled = new Map<number, CompiledStep>();
  readonly #optimiser: Optimiser;
  readonly #scalars: Tensors;
  readonly #results: Tensors;
  readonly #momentum: number;
  #current: Tensors;
  #next: Tensors;
  #steps = 0;

  static async create(
    runtime: Runtime,
    network: Network,
    settings: OptimiserSettings,
    initial: TrainedState,
    statisticsMomentum: number,
    options?: GradientOptions,
  ): Promise<TrainingSession> {
    const { lowering } = runtime;
    const compile = async (batchSize: number): Promise<CompiledStep> => {
      const { takesMasks } = lowering;
      const graph = buildTrainingGraph(network, settings, { ...options, batchSize, takesMasks });
      const session = await runtime.createSession(compileGraph(graph, lowering));
      return { session, masks: new DropoutMasks(runtime, graph, options?.dropoutSeed) };
    };
    return new TrainingSession(runtime, compile, createOptimiser(settings), initial, statisticsMomentum);
  }

  private constructor(
    runtime: Runtime,
    compile: (batchSize: number) => Promise<CompiledStep>,
    optimiser: Optimiser,
    initial: TrainedState,
    momentum: number,
  ) {
    const normalises = initial.statistics.length > 0;
    const vector = (data: Float32Array) => runtime.createTensor('float32', data, [data.length]);
    const scalar = () => runtime.createTensor('float32', new Float32Array(1), []);
    const state = (fill: boolean): Tensors => ({
      parameters: vector(fill ? initial.parameters.slice() : new Float32Array(initial.parameters.length)),
      ...Object.fromEntries(optimiser.slots.map((name) => [name, vector(new Float32Array(initial.parameters.length))])),
      ...(normalises && {
        statistics: vector(fill ? initial.statistics.slice() : new Float32Array(initial.statistics.length)),
      }),
    });
    this.#compile = compile;
    this.#optimiser = optimiser;
    this.#momentum = momentum;
    this.#current = state(true);
    this.#next = state(false);
    this.#results = { loss: scalar(), correct: scalar() };
    const scalarNames = [...optimiser.scalars, ...(normalises ? ['statisticsRate'] : [])];
    this.#scalars = Object.fromEntries(scalarNames.map((name) => [name, scalar()]));
  }

  /** One training step at the given learning rate. */
  async step(batch: Batch, learningRate: number): Promise<StepResult> {
    this.#steps++;
    this.#setScalars(learningRate);
    const fetches: Tensors = { ...this.#results };
    for (const [name, tensor] of Object.entries(this.#next)) fetches[nextName(name)] = tensor;
    const { session, masks } = await this.#stepFor(batch);
    await session.run({ ...batch, ...this.#current, ...this.#scalars, ...masks.draw(this.#steps) }, fetches);
    [this.#current, this.#next] = [this.#next, this.#current];
    return { loss: scalarOf(this.#results.loss), correct: scalarOf(this.#results.correct) };
  }

  /** The current state tensors; the step after next overwrites them. */
  get state(): { readonly parameters: RuntimeTensor; readonly statistics?: RuntimeTensor } {
    const { parameters, statistics } = this.#current;
    return { parameters: parameters as RuntimeTensor, ...(statistics && { statistics }) };
  }

  /** A copy of the parameters and statistics. */
  snapshot(): TrainedState {
    const { parameters, statistics } = this.state;
    return {
      parameters: (parameters.data as Float32Array).slice(),
      statistics: statistics === undefined ? new Float32Array() : (statistics.data as Float32Array).slice(),
    };
  }

  /** A copy of the complete state. */
  save(): TrainingState {
    const slots = this.#optimiser.slots.map((name) => [name, dataOf(this.#current[name]).slice()] as const);
    return { ...this.snapshot(), slots: Object.fromEntries(slots), steps: this.#steps };
  }

  /** Continues from a state that `save` returned. */
  restore({ parameters, statistics, slots, steps }: TrainingState): void {
    for (const [name, values] of Object.entries({ parameters, statistics, ...slots })) {
      if (values.length > 0) dataOf(this.#current[name]).set(values);
    }
    this.#steps = steps;
  }

  async release(): Promise<void> {
    for (const { session } of this.#compiled.values()) await session.release();
  }

  async #stepFor({ labels }: Batch): Promise<CompiledStep> {
    const batchSize = labels.data.length;
    const compiled = this.#compiled.get(batchSize) ?? (await this.#compile(batchSize));
    this.#compiled.set(batchSize, compiled);
    return compiled;
  }

  #setScalars(learningRate: number): void {
    const values = this.#optimiser.scalarValues(learningRate, this.#steps);
    for (const [i, name] of this.#optimiser.scalars.entries()) this.#write(name, values[i] ?? 0);
    // A plain mean over the first steps, then an exponential one, so the arbitrary initial values have no influence.
    this.#write('statisticsRate', Math.max(1 - this.#momentum, 1 / this.#steps));
  }

  #write(name: string, value: number): void {
    const tensor = this.#scalars[name];
    if (tensor !== undefined) (tensor.data as Float32Array)[0] = value;
  }
}

function dataOf(tensor: RuntimeTensor | undefined): Float32Array {
  return tensor?.data as Float32Array;
}

function scalarOf(tensor: RuntimeTensor | undefined): number {
  return Number(tensor?.data[0]);
}
