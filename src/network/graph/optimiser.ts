// Optimisers: the state each keeps between steps, the scalars it receives per step, and its update as a node over flat
// vectors.

import { integerPower } from '../../arithmetic/power.ts';
import type { GraphBuilder, Value } from './graph.ts';
import { elementCount } from './tensor-type.ts';

/** An optimiser and its settings. `weightDecay` · parameters is added to the gradient; in `adamw` it is decoupled. */
export type OptimiserSettings =
  | {
      readonly name: 'adam' | 'adamw';
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    }
  | { readonly name: 'sgd'; readonly momentum: number; readonly nesterov?: boolean; readonly weightDecay: number }
  /** The momentum and the rate are those of the filters of convolutions; all other parameters follow AdamW. */
  | {
      readonly name: 'muon';
      readonly momentum: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    }
  | { readonly name: 'rmsprop'; readonly rho: number; readonly epsilon: number; readonly weightDecay: number };

type AdamSettings = Omit<Extract<OptimiserSettings, { readonly name: 'adam' | 'adamw' }>, 'name'>;
type MuonSettings = Extract<OptimiserSettings, { readonly name: 'muon' }>;
type SgdSettings = Extract<OptimiserSettings, { readonly name: 'sgd' }>;
type RmspropSettings = Extract<OptimiserSettings, { readonly name: 'rmsprop' }>;

export interface Optimiser {
  /** Names of the state vectors. Each is as long as the parameters, starts at zero, and is passed from step to step. */
  readonly slots: readonly string[];
  /** Names of the scalars that each step receives. */
  readonly scalars: readonly string[];
  /**
   * @param step  counted from 1.
   * @returns one value per scalar, in double precision.
   */
  scalarValues(learningRate: number, step: number): readonly number[];
  /**
   * @param shapes  of the tensors that the flat vectors consist of, in order.
   * @returns the new parameters, then the new slots.
   */
  update(
    builder: GraphBuilder,
    parameters: Value,
    gradient: Value,
    slots: readonly Value[],
    scalars: readonly Value[],
    shapes: readonly (readonly number[])[],
  ): readonly Value[];
}

export function createOptimiser(settings: OptimiserSettings): Optimiser {
  switch (settings.name) {
    case 'adam':
      return adam(settings);
    case 'adamw':
      return adamW(settings);
    case 'muon':
      return muon(settings);
    case 'sgd':
      return sgd(settings);
    case 'rmsprop':
      return rmsprop(settings);
  }
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1). The bias corrections are folded into step size and epsilon, here in double
 * precision: α·√(1−β₂ᵗ)/(1−β₁ᵗ) and ε·√(1−β₂ᵗ), which is the same update.
 */
function adam({ beta1, beta2, epsilon, weightDecay }: AdamSettings): Optimiser {
  return {
    slots: ['firstMoment', 'secondMoment'],
    scalars: ['stepSize', 'epsilon'],
    scalarValues(learningRate, step) {
      const correction2 = Math.sqrt(1 - integerPower(beta2, step));
      return [(learningRate * correction2) / (1 - integerPower(beta1, step)), epsilon * correction2];
    },
    update: (builder, parameters, gradient, slots, scalars) =>
      builder.addMany('adamUpdate', [parameters, gradient, ...slots, ...scalars], { beta1, beta2, weightDecay }),
  };
}

/** AdamW (Loshchilov & Hutter 2019, algorithm 2): p ← (1 − α·λ)·p before Adam's step; λ does not enter the moments. */
function adamW({ weightDecay, ...settings }: AdamSettings): Optimiser {
  const plain = adam({ ...settings, weightDecay: 0 });
  return {
    slots: plain.slots,
    scalars: [...plain.scalars, 'shrinkage'],
    scalarValues: (learningRate, step) => [...plain.scalarValues(learningRate, step), 1 - learningRate * weightDecay],
    update(builder, parameters, gradient, slots, scalars, shapes) {
      const shrunk = builder.add('shrink', [parameters, scalars.at(-1) as Value], {});
      return plain.update(builder, shrunk, gradient, slots, scalars.slice(0, -1), shapes);
    },
  };
}

/**
 * Muon (Jordan et al. 2024) for the filters of convolutions, AdamW for everything else. The step of a filter tensor, seen as a
 * matrix `[M, C·K·K]`, is its momentum made orthogonal, and as long as a step of AdamW usually is, so that both share rate and
 * decay (Liu et al. 2025, arXiv 2502.16982, section 2.2). The first moments of filters are their momentum; their second ones stay
 * zero.
 */
function muon({ momentum, ...settings }: MuonSettings): Optimiser {
  const { slots, scalars, scalarValues } = adamW(settings);
  const plain = adam({ ...settings, weightDecay: 0 });
  return {
    slots,
    scalars: [...scalars, 'learningRate'],
    scalarValues: (learningRate, step) => [...scalarValues(learningRate, step), learningRate],
    update(builder, parameters, gradient, slots, scalars, shapes) {
      const [stepSize, scaledEpsilon, shrinkage, learningRate] = scalars as readonly [Value, Value, Value, Value];
      const segments = segmentsOf(shapes);
      const vectors = [builder.add('shrink', [parameters, shrinkage], {}), gradient, ...slots].map((flat) =>
        builder.addMany('unpack', [flat], { shapes: segments }),
      );
      const others = [...segments.keys()].filter((i) => !isMatrix(segments[i]));
      const [p, g, ...m] = vectors.map((parts) => pack(builder, others, parts)) as [Value, Value, ...Value[]];
      const updated = plain
        .update(builder, p, g, m, [stepSize, scaledEpsilon], [])
        .map((flat) => builder.addMany('unpack', [flat], { shapes: others.map((i) => segments[i] ?? []) }));
      const [filters = [], gradients = [], momenta = [], zeros = []] = vectors;
      const results = segments.map((segment, i) => {
        if (!isMatrix(segment)) return updated.map((parts) => parts[others.indexOf(i)] as Value);
        const inputs = [filters[i], gradients[i], momenta[i], learningRate] as readonly Value[];
        return [...builder.addMany('muonUpdate', inputs, { momentum }), zeros[i] as Value];
      });
      return updated.map((_, k) =>
        pack(
          builder,
          [...segments.keys()],
          results.map((each) => each[k] as Value),
        ),
      );
    },
  };
}

/** The flat vector in parts: each tensor of filters as a matrix `[M, C·K·K]`, and what lies between as vectors. */
function segmentsOf(shapes: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const segments: number[][] = [];
  for (const shape of shapes) {
    const last = segments.at(-1);
    const [rows = 1, ...rest] = shape;
    if (shape.length === 4) segments.push([rows, elementCount(rest)]);
    else if (last === undefined || isMatrix(last)) segments.push([elementCount(shape)]);
    else last[0] = (last[0] ?? 0) + elementCount(shape);
  }
  return segments;
}

const isMatrix = (shape: readonly number[] = []): boolean => shape.length === 2;

function pack(builder: GraphBuilder, positions: readonly number[], parts: readonly Value[]): Value {
  return builder.add(
    'pack',
    positions.map((i) => parts[i] as Value),
    {},
  );
}

/**
 * Stochastic gradient descent with momentum, v ← μ·v + g, p ← p − α·v; Nesterov's form steps by g + μ·v instead
 * (Sutskever et al. 2013, in PyTorch's form).
 */
function sgd({ momentum, weightDecay, nesterov = false }: SgdSettings): Optimiser {
  return {
    slots: ['velocity'],
    scalars: ['learningRate'],
    scalarValues: (learningRate) => [learningRate],
    update: (builder, parameters, gradient, slots, scalars) =>
      builder.addMany('sgdUpdate', [parameters, gradient, ...slots, ...scalars], { momentum, weightDecay, nesterov }),
  };
}

/** RMSprop (Tieleman & Hinton 2012): s ← ρ·s + (1 − ρ)·g², p ← p − α·g / (√s + ε). */
function rmsprop({ rho, epsilon, weightDecay }: RmspropSettings): Optimiser {
  return {
    slots: ['meanSquare'],
    scalars: ['learningRate'],
    scalarValues: (learningRate) => [learningRate],
    update: (builder, parameters, gradient, slots, scalars) =>
      builder.addMany('rmspropUpdate', [parameters, gradient, ...slots, ...scalars], { rho, epsilon, weightDecay }),
  };
}
