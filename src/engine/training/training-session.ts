// A compiled training step and its state.

import { compileGraph } from '../../network/compile.ts';
import type { TrainedState } from '../../network/deployable-graph.ts';
import { createOptimiser, type Optimiser, type OptimiserSettings } from '../../network/graph/optimiser.ts';
import { buildTrainingGraph, type GradientOptions, type Network, nextName } from '../../network/training-graph.ts';
import type { Batch } from '../batch-buffers.ts';
import type { Runtime, RuntimeSession, RuntimeTensor } from '../runtime.ts';
import { StateTensors } from '../state/state-tensors.ts';
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

export class TrainingSession {
  readonly #compile: (batchSize: number) => Promise<CompiledStep>;
  /** Compiled steps by batch size, which is fixed in a graph. */
  readonly #compiled = new Map<number, CompiledStep>();
  readonly #optimiser: Optimiser;
  readonly #scalars: Tensors;
  readonly #momentum: number;
  readonly #state: StateTensors;
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
      const written = graph.inputs.map(({ name }) => nextName(name)).filter((name) => graph.outputs.has(name));
      const kept = runtime.memory === undefined ? [] : written;
      const session = await runtime.createSession(compileGraph(graph, lowering), { kept });
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
    this.#compile = compile;
    this.#optimiser = optimiser;
    this.#momentum = momentum;
    this.#state = new StateTensors(runtime, {
      parameters: initial.parameters,
      ...Object.fromEntries(optimiser.slots.map((name) => [name, new Float32Array(initial.parameters.length)])),
      ...(normalises && { statistics: initial.statistics }),
    });
    const scalarNames = [...optimiser.scalars, ...(normalises ? ['statisticsRate'] : [])];
    this.#scalars = Object.fromEntries(
      scalarNames.map((name) => [name, runtime.createTensor('float32', new Float32Array(1), [])]),
    );
  }

  /** One training step at the given learning rate. */
  async step(batch: Batch, learningRate: number): Promise<StepResult> {
    this.#steps++;
    this.#setScalars(learningRate);
    const { session, masks } = await this.#stepFor(batch);
    const feeds = { ...batch, ...this.#state.current, ...this.#scalars, ...masks.draw(this.#steps) };
    const outputs = await session.run(feeds, { loss: null, correct: null, ...this.#state.fetches });
    this.#state.advance(outputs);
    return { loss: scalarOf(outputs.loss), correct: scalarOf(outputs.correct) };
  }

  /** The current state tensors, for a session of the same runtime; the step after next overwrites them. */
  get state(): { readonly parameters: RuntimeTensor; readonly statistics?: RuntimeTensor } {
    const { parameters, statistics } = this.#state.current;
    return { parameters: parameters as RuntimeTensor, ...(statistics && { statistics }) };
  }

  /** A copy of the parameters and statistics. */
  async snapshot(): Promise<TrainedState> {
    return { parameters: await this.#state.read('parameters'), statistics: await this.#state.read('statistics') };
  }

  /** A copy of the complete state. */
  async save(): Promise<TrainingState> {
    const slots: Record<string, Float32Array> = {};
    for (const name of this.#optimiser.slots) slots[name] = await this.#state.read(name);
    return { ...(await this.snapshot()), slots, steps: this.#steps };
  }

  /** Continues from a state that `save` returned. */
  restore({ parameters, statistics, slots, steps }: TrainingState): void {
    this.#state.write({ parameters, statistics, ...slots });
    this.#steps = steps;
  }

  async release(): Promise<void> {
    this.#state.free();
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

function scalarOf(tensor: RuntimeTensor | undefined): number {
  return Number(tensor?.data[0]);
}
