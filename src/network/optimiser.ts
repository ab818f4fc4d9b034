// Optimisers: what each keeps between steps, what it is fed each step, and its update as a node over flat vectors.

import type { GraphBuilder, Value } from './graph.ts';

export interface AdamSettings {
  readonly name: 'adam';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Added to the gradient as weightDecay · parameters. */
  readonly weightDecay: number;
}

export interface SgdSettings {
  readonly name: 'sgd';
  readonly momentum: number;
  readonly weightDecay: number;
}

export type OptimiserSettings = AdamSettings | SgdSettings;

export interface Optimiser {
  /** Names of the vectors, each as long as the parameters, that start at zero and go from step to step. */
  readonly slots: readonly string[];
  /** Names of the scalars that each step is fed. */
  readonly scalars: readonly string[];
  /**
   * @param step  counts from 1.
   * @returns one value a scalar, in double precision.
   */
  scalarValues(learningRate: number, step: number): readonly number[];
  /** @returns the new parameters, then the new slots. */
  update(
    builder: GraphBuilder,
    parameters: Value,
    gradient: Value,
    slots: readonly Value[],
    scalars: readonly Value[],
  ): readonly Value[];
}

export function createOptimiser(settings: OptimiserSettings): Optimiser {
  return settings.name === 'adam' ? adam(settings) : sgd(settings);
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1). The bias corrections are worked into step size and epsilon, here in double
 * precision: α·√(1−β₂ᵗ)/(1−β₁ᵗ) and ε·√(1−β₂ᵗ), which is the same update.
 */
function adam({ beta1, beta2, epsilon, weightDecay }: AdamSettings): Optimiser {
  return {
    slots: ['firstMoment', 'secondMoment'],
    scalars: ['stepSize', 'epsilon'],
    scalarValues(learningRate, step) {
      const correction2 = Math.sqrt(1 - beta2 ** step);
      return [(learningRate * correction2) / (1 - beta1 ** step), epsilon * correction2];
    },
    update: (builder, parameters, gradient, slots, scalars) =>
      builder.addMany('adamUpdate', [parameters, gradient, ...slots, ...scalars], { beta1, beta2, weightDecay }),
  };
}

/** Stochastic gradient descent with momentum, v ← μ·v + g, p ← p − α·v (Sutskever et al. 2013, PyTorch's form). */
function sgd({ momentum, weightDecay }: SgdSettings): Optimiser {
  return {
    slots: ['velocity'],
    scalars: ['learningRate'],
    scalarValues: (learningRate) => [learningRate],
    update: (builder, parameters, gradient, slots, scalars) =>
      builder.addMany('sgdUpdate', [parameters, gradient, ...slots, ...scalars], { momentum, weightDecay }),
  };
}
