// The gradient of whole networks against central differences of a loss computed in double precision by naive loops.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Shortcut } from '../src/genome/cost.ts';
import type { Gene, Genome } from '../src/genome/genome.ts';
import type { HeadLayer } from '../src/genome/head.ts';
import { formatGenome } from '../src/genome/text.ts';
import type { ParameterSpec } from '../src/network/parameters.ts';
import { buildGradientGraph, createNetwork, type Network } from '../src/network/training-graph.ts';
import { createRng, type Rng } from '../src/random/rng.ts';
import { engines } from './support/engines.ts';
import { type NaiveBatch, naiveLoss } from './support/naive-network.ts';
import { naiveTensor } from './support/naive-tensor.ts';
import { runGraph } from './support/run-graph.ts';

/** Small enough that few kinks of ReLU and max lie within a step, large enough for double precision. */
const STEP = 1e-6;
/** At most this many entries of each tensor are probed. */
const PROBES = 4;
/** Relative. The worst seen is 1e-5: what float32 leaves of a gradient that is a small difference of large terms. */
const TOLERANCE = 1e-4;

interface Case {
  readonly genome: Genome;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly batch: number;
  readonly seed: number;
  readonly head?: readonly HeadLayer[];
  readonly shortcut?: Shortcut;
}

const skip = (filters1: number, filters2: number): Gene => ({ kind: 'skip', filters1, filters2 });
const max: Gene = { kind: 'pooling', pooling: 'max' };
const mean: Gene = { kind: 'pooling', pooling: 'mean' };

const stage = (filters1: number, pooling: 'max' | 'mean', filters2: number): Gene => ({
  kind: 'stage',
  filters1,
  pooling,
  filters2,
});

const FLATTEN: HeadLayer = { type: 'flatten' };
const POOL: HeadLayer = { type: 'globalAveragePooling' };
const HIDDEN: HeadLayer = { type: 'dense', units: 5, activation: 'relu' };
const LINEAR: HeadLayer = { type: 'dense', units: 4, activation: 'linear' };
const CLASSES: HeadLayer = { type: 'dense', units: 'classes' };

describe('the gradient of a whole network, on every engine, agrees with finite differences', () => {
  const cases: readonly Case[] = [
    { genome: [], channels: 1, height: 3, width: 5, batch: 1, seed: 1 },
    { genome: [max], channels: 3, height: 7, width: 7, batch: 2, seed: 2 },
    { genome: [skip(3, 5)], channels: 1, height: 7, width: 7, batch: 1, seed: 3 },
    { genome: [skip(5, 5)], channels: 3, height: 5, width: 4, batch: 3, seed: 4 },
    { genome: [skip(2, 4), max, skip(4, 3)], channels: 3, height: 7, width: 7, batch: 2, seed: 5 },
    { genome: [mean, skip(4, 5), max], channels: 1, height: 9, width: 7, batch: 4, seed: 6 },
    { genome: [skip(1, 1), mean, skip(6, 2), skip(2, 6)], channels: 3, height: 7, width: 5, batch: 2, seed: 7 },
    { genome: [skip(4, 5)], channels: 3, height: 5, width: 7, batch: 2, seed: 8, head: [POOL, CLASSES] },
    { genome: [], channels: 3, height: 3, width: 5, batch: 2, seed: 9, head: [POOL, CLASSES] },
    {
      genome: [skip(2, 4), max],
      channels: 1,
      height: 7,
      width: 7,
      batch: 3,
      seed: 10,
      head: [FLATTEN, HIDDEN, CLASSES],
    },
    { genome: [mean], channels: 3, height: 5, width: 5, batch: 4, seed: 11, head: [FLATTEN, LINEAR, HIDDEN, CLASSES] },
    {
      genome: [skip(4, 3), skip(5, 3), max, skip(3, 6)],
      ...{ channels: 3, height: 7, width: 6, batch: 2, seed: 12, shortcut: 'where-channels-differ' },
    },
    { genome: [max, skip(4, 3)], channels: 1, height: 7, width: 6, batch: 3, seed: 13 },
    { genome: [skip(3, 5), max], channels: 3, height: 5, width: 6, batch: 2, seed: 14 },
    { genome: [stage(3, 'max', 5)], channels: 1, height: 7, width: 8, batch: 2, seed: 15 },
    { genome: [stage(4, 'mean', 2), skip(3, 4)], channels: 3, height: 7, width: 7, batch: 2, seed: 16 },
    {
      genome: [stage(4, 'max', 6), max, stage(2, 'max', 3)],
      ...{ channels: 1, height: 17, width: 16, batch: 4, seed: 17, head: [POOL, CLASSES] },
    },
  ];
  it.each(cases.map((example) => [describeCase(example), example] as const))('of %s', async (_, example) => {
    await checkGradient(example);
  });

  it('of random genomes', async () => {
    const gene = fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })).map(([a, b]) => skip(a, b)),
      fc.constantFrom(max, mean),
      fc.constantFrom(stage(3, 'max', 2), stage(5, 'mean', 4), stage(1, 'max', 6)),
    );
    const examples = fc.record({
      genome: fc.array(gene, { minLength: 1, maxLength: 4 }),
      channels: fc.constantFrom(1, 3),
      height: fc.integer({ min: 2, max: 9 }),
      width: fc.integer({ min: 2, max: 9 }),
      batch: fc.integer({ min: 1, max: 3 }),
      seed: fc.nat(),
    });
    await fc.assert(fc.asyncProperty(examples.filter(isWellConditioned), checkGradient), { numRuns: 10, seed: 2 });
  });
});

function describeCase({ genome, channels, height, width, batch, head = [], shortcut }: Case): string {
  const extras = [...head.map(({ type }) => type), ...(shortcut ? [shortcut] : [])].join(', ');
  return `${formatGenome(genome) || 'the head alone'} (${extras || 'as usual'}) on ${channels}×${height}×${width}, batch ${batch}`;
}

/**
 * Each normalisation needs a good many values a channel: of one value the variance is zero, and of two or three the
 * output is nearly the same whatever they are, so that the gradient is the small rest of large terms.
 */
function isWellConditioned({ genome, height, width, batch }: Case): boolean {
  let [h, w] = [height, width];
  return genome.every((gene) => {
    if (gene.kind === 'skip') return batch * h * w >= 6;
    const fits = Math.min(h, w) >= 2;
    [h, w] = [Math.floor(h / 2), Math.floor(w / 2)];
    return fits && (gene.kind === 'pooling' || batch * h * w >= 6);
  });
}

/** Each parameter tensor's gradient by its relative error, |a − b| / |b| over the entries that are probed. */
async function checkGradient(example: Case): Promise<void> {
  const { genome, channels, height, width, batch, seed, head, shortcut } = example;
  const rng = createRng(seed);
  const input = { channels, height, width };
  const network = createNetwork(
    genome,
    {
      input,
      classes: 3,
      ...(head && { head }),
      ...(shortcut && { shortcut }),
    },
    {
      mean: [120, 100, 110].slice(0, channels),
      std: [60, 70, 50].slice(0, channels),
    },
  );
  const parameters = randomParameters(network, rng.fork('parameters'));
  const data = randomBatch(network, batch, rng.fork('batch'));
  const feeds = { ...data, parameters: naiveTensor([parameters.length], parameters) };
  const loss = naiveLoss(network, parameters, data);
  const probed = network.layout.parameters.map((spec) => {
    const probes = probedEntries(spec, rng.fork(spec.name));
    return { spec, probes, expected: probes.map((index) => centralDifference(network, parameters, data, index)) };
  });
  for (const [title, engine] of engines) {
    const outputs = await runGraph(buildGradientGraph(network, { batchSize: batch }), feeds, { engine });
    const gradient = outputs.gradient?.data ?? new Float64Array();
    expect(Math.abs((outputs.loss?.data[0] ?? 0) - loss), title).toBeLessThan(1e-4);
    for (const { spec, probes, expected } of probed) {
      const distance = Math.hypot(...probes.map((index, i) => (gradient[index] ?? 0) - (expected[i] ?? 0)));
      // Below this norm (a bias in front of a normalisation has none at all) the error counts absolutely.
      const error = distance / Math.max(Math.hypot(...expected), 1e-2);
      expect(error, `${spec.name}, ${title}`).toBeLessThan(TOLERANCE);
    }
  }
}

function centralDifference(network: Network, parameters: Float64Array, data: NaiveBatch, index: number): number {
  const lossAt = (offset: number) => {
    const moved = parameters.slice();
    moved[index] = (parameters[index] ?? 0) + offset;
    return naiveLoss(network, moved, data);
  };
  return (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
}

function probedEntries({ offset, size }: ParameterSpec, rng: Rng): readonly number[] {
  return rng.shuffle(Array.from({ length: size }, (_, i) => offset + i)).slice(0, PROBES);
}

/** Numbers that float32 holds exactly, so that both sides start from the same; scales and offsets are not trivial. */
function randomParameters(network: Network, rng: Rng): Float64Array {
  const parameters = new Float64Array(network.layout.parameterCount);
  for (const { name, offset, size } of network.layout.parameters) {
    for (let i = offset; i < offset + size; i++) {
      parameters[i] = Math.fround(name.endsWith('scale') ? 0.5 + rng.uniform() : rng.uniform() - 0.5);
    }
  }
  return parameters;
}

function randomBatch({ problem }: Network, batch: number, rng: Rng): NaiveBatch {
  const { channels, height, width } = problem.input;
  const pixels = Array.from({ length: batch * channels * height * width }, () => rng.integer(0, 255));
  const labels = Array.from({ length: batch }, () => rng.integer(0, problem.classes - 1));
  return { image: naiveTensor([batch, channels, height, width], pixels), labels: naiveTensor([batch], labels) };
}
