// Optimisers and losses against PyTorch.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Graph, GraphBuilder } from '../src/network/graph/graph.ts';
import { createOptimiser, type Optimiser, type OptimiserSettings } from '../src/network/graph/optimiser.ts';
import { elementCount, float32, tensor } from '../src/network/graph/tensor-type.ts';
import type { LossSettings } from '../src/network/training-graph.ts';
import { type NaiveTensor, naiveTensor } from './support/naive-tensor.ts';
import { runGraph } from './support/run-graph.ts';

interface Fixture {
  readonly optimisers: {
    readonly start: readonly number[];
    readonly gradients: readonly (readonly number[])[];
    readonly cases: Readonly<Record<string, { readonly after: readonly (readonly number[])[] }>>;
  };
  readonly muon: {
    readonly momentum: number;
    readonly learningRate: number;
    readonly cases: readonly {
      readonly shape: readonly number[];
      readonly start: readonly number[];
      readonly gradients: readonly (readonly number[])[];
      readonly after: readonly (readonly number[])[];
    }[];
  };
  readonly losses: {
    readonly logits: readonly (readonly number[])[];
    readonly labels: readonly number[];
    readonly cases: readonly {
      readonly settings: LossSettings;
      readonly loss: number;
      readonly gradient: readonly (readonly number[])[];
    }[];
  };
}

const fixture = JSON.parse(readFileSync(new URL('./fixtures/torch-rules.json', import.meta.url), 'utf8')) as Fixture;

describe('an optimiser follows PyTorch step by step', () => {
  // As in scripts/torch-rules.py.
  const cases: Readonly<Record<string, readonly [settings: OptimiserSettings, learningRate: number]>> = {
    adam: [{ name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 }, 0.01],
    adamw: [{ name: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-7, weightDecay: 0.05 }, 0.01],
    sgd: [{ name: 'sgd', momentum: 0.9, weightDecay: 0.01 }, 0.05],
    'sgd-nesterov': [{ name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.01 }, 0.05],
    rmsprop: [{ name: 'rmsprop', rho: 0.9, epsilon: 1e-7, weightDecay: 0.01 }, 0.01],
  };
  it('and every one that has numbers is tested', () => {
    expect(Object.keys(cases)).toEqual(Object.keys(fixture.optimisers.cases));
  });

  it.each(Object.entries(cases))('%s', async (name, [settings, learningRate]) => {
    const { start, gradients } = fixture.optimisers;
    const optimiser = createOptimiser(settings);
    const graph = updateGraph(optimiser, [[start.length]]);
    let state = stateOf(optimiser, start);
    for (const [i, gradient] of gradients.entries()) {
      state = await step(graph, optimiser, state, gradient, learningRate, i + 1);
      const expected = fixture.optimisers.cases[name]?.after[i] ?? [];
      for (const [k, value] of (state.parameters?.data ?? []).entries()) {
        expect(Math.abs(value - (expected[k] ?? Number.NaN))).toBeLessThan(2e-6);
      }
    }
  });
});

describe('Muon follows PyTorch step by step', () => {
  const { momentum, learningRate, cases } = fixture.muon;
  const { start: others, gradients: gradientsOfOthers, cases: known } = fixture.optimisers;
  const settings = { name: 'muon', momentum, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 } as const;

  it.each(cases)('for filters of shape $shape, and is Adam for a vector beside them', async (example) => {
    const { shape, start, gradients, after } = example;
    const optimiser = createOptimiser(settings);
    const graph = updateGraph(optimiser, [shape, [others.length]]);
    let state = stateOf(optimiser, [...start, ...others]);
    for (const [i, gradient] of gradients.entries()) {
      state = await step(graph, optimiser, state, [...gradient, ...(gradientsOfOthers[i] ?? [])], learningRate, i + 1);
      const expected = [...(after[i] ?? []), ...(known.adam?.after[i] ?? [])];
      expect(state.parameters?.data).toHaveLength(expected.length);
      for (const [k, value] of (state.parameters?.data ?? []).entries()) {
        expect(Math.abs(value - (expected[k] ?? Number.NaN))).toBeLessThan(1e-5);
      }
    }
  });
});

type State = Readonly<Record<string, NaiveTensor>>;

/** Parameters and slots; all slots start at zero. */
function stateOf(optimiser: Optimiser, start: readonly number[]): State {
  const names = ['parameters', ...optimiser.slots];
  const dataOf = (name: string) => (name === 'parameters' ? start : new Float64Array(start.length));
  return Object.fromEntries(names.map((name) => [name, naiveTensor([start.length], dataOf(name))]));
}

function updateGraph(optimiser: Optimiser, shapes: readonly (readonly number[])[]): Graph {
  const size = shapes.reduce((sum, shape) => sum + elementCount(shape), 0);
  const builder = new GraphBuilder();
  const vector = (name: string) => builder.input(name, float32(size));
  const slots = optimiser.slots.map(vector);
  const scalars = optimiser.scalars.map((name) => builder.input(name, float32()));
  const updated = optimiser.update(builder, vector('parameters'), vector('gradient'), slots, scalars, shapes);
  const names = ['parameters', ...optimiser.slots];
  for (const [i, value] of updated.entries()) builder.output(`next ${names[i]}`, value);
  return builder.build();
}

async function step(
  graph: Graph,
  optimiser: Optimiser,
  state: State,
  gradient: readonly number[],
  learningRate: number,
  number: number,
): Promise<State> {
  const values = optimiser.scalarValues(learningRate, number);
  const scalars = optimiser.scalars.map((key, k) => [key, naiveTensor([], [values[k] ?? 0])] as const);
  const feeds = { ...state, gradient: naiveTensor([gradient.length], gradient), ...Object.fromEntries(scalars) };
  const outputs = await runGraph(graph, feeds);
  return Object.fromEntries(Object.keys(state).map((key) => [key, outputs[`next ${key}`] as NaiveTensor]));
}

describe('a loss and its gradient agree with PyTorch', () => {
  it.each(fixture.losses.cases.map((example) => [JSON.stringify(example.settings), example] as const))(
    '%s',
    async (_, { settings, loss, gradient }) => {
      const { name, ...attributes } = settings;
      const { logits, labels } = fixture.losses;
      const classes = logits[0]?.length ?? 0;
      const op = name === 'cross-entropy' ? 'softmaxCrossEntropy' : 'meanSquaredError';
      const builder = new GraphBuilder();
      const inputs = [builder.input('logits', float32('N', classes)), builder.input('labels', tensor('int32', 'N'))];
      builder.output('loss', builder.add(op, inputs, { ...attributes, reduction: 'mean' }));
      builder.output('gradient', builder.add(`${op}Gradient`, inputs, attributes));
      const outputs = await runGraph(builder.build(), {
        logits: naiveTensor([labels.length, classes], logits.flat()),
        labels: naiveTensor([labels.length], labels),
      });
      expect(Math.abs((outputs.loss?.data[0] ?? Number.NaN) - loss)).toBeLessThan(1e-6);
      const expected = gradient.flat();
      expect(outputs.gradient?.data).toHaveLength(expected.length);
      for (const [i, value] of (outputs.gradient?.data ?? []).entries()) {
        expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(1e-6);
      }
    },
  );
});
