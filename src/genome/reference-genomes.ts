// Initial genomes for a search: networks similar to those designed by hand.

import type { NetworkInput } from './cost.ts';
import type { Gene, Genome } from './genome.ts';
import { type SearchSpace, violation } from './search-space.ts';

/** The last level sees at least this many pixels per side, if the image has them. */
const LEAST_SIDE = 4;
/** Pixels per side of the largest feature map that a probe convolves. */
const PROBE_SIDE = 16;
/** How many numbers of levels are tried. */
const VARIANTS = 3;

/**
 * Pyramids of feature maps: skip layers with max pooling between them and the next higher filter count of the space from one
 * to the next. There is one for each number of them, the most first: the widest that the space allows. With global average
 * pooling behind them, which lets wide maps be few, they consist of stages.
 *
 * @returns at most three; none if the space allows none.
 * @see Simonyan and Zisserman 2015, He et al. 2016: both halve the image and double the filters, stage by stage. Jordan 2024
 *   (arXiv 2404.00498), listing 3: blocks that pool before their first normalisation.
 */
export function referenceGenomes(space: SearchSpace, problem: NetworkInput): readonly Genome[] {
  return pyramids(space, problem).flatMap((ofOneHeight) => ofOneHeight.slice(-1));
}

/**
 * The highest pyramids that the space allows, from the widest to the narrowest, evenly spread: for a search that weighs
 * accuracy against size.
 *
 * @param most  number of them; fewer if the space has fewer.
 */
export function referenceLadder(space: SearchSpace, problem: NetworkInput, most: number): readonly Genome[] {
  const rungs = pyramids(space, problem).find((ofOneHeight) => ofOneHeight.length > 0) ?? [];
  const count = Math.min(most, rungs.length);
  const step = (rungs.length - 1) / Math.max(1, count - 1);
  const chosen = new Set(Array.from({ length: count }, (_, i) => Math.round(i * step)));
  return rungs.toReversed().filter((_, i) => chosen.has(i));
}

/** By height, the highest first, and by width, the widest last. */
function pyramids(space: SearchSpace, problem: NetworkInput): readonly (readonly Genome[])[] {
  const side = sideOf(problem);
  const poolEarly = problem.head?.[0]?.type === 'globalAveragePooling' && side >= 2 * LEAST_SIDE;
  const make = poolEarly ? pyramidOfStages : pyramidOfSkips;
  const highest = mostLevelsOn(poolEarly ? side / 2 : side);
  return Array.from({ length: Math.min(VARIANTS, highest) }, (_, fewer) =>
    widening(highest - fewer, space, make).filter((genome) => violation(genome, space, problem) === undefined),
  );
}

/**
 * A network that costs about the same for images of any size, as it pools them first: for choices that need some trained
 * network.
 */
export function probeGenome(problem: NetworkInput): Genome {
  const genome: Gene[] = [];
  let side = sideOf(problem);
  for (; side > PROBE_SIDE; side >>= 1) genome.push(MAX);
  return [...genome, ...pyramidOfSkips(levelsOf(side > 1 ? 2 : 1, [16, 32]))];
}

function sideOf({ input }: NetworkInput): number {
  return Math.min(input.height, input.width);
}

function mostLevelsOn(side: number): number {
  return Math.max(1, binaryDigits(Math.floor(side / LEAST_SIDE)));
}

/** Number of binary digits of an integer below 2³²; 0 for 0. */
const binaryDigits = (value: number): number => 32 - Math.clz32(value);

const MAX = { kind: 'pooling', pooling: 'max' } as const;

/** Filter counts of two convolutions at one size of the feature maps. */
type Level = readonly [filters1: number, filters2: number];

const pyramidOfSkips = (levels: readonly Level[]): Genome =>
  levels.flatMap(([filters1, filters2], i): Genome => {
    const skip = { kind: 'skip', filters1, filters2 } as const;
    return i === 0 ? [skip] : [MAX, skip];
  });

const pyramidOfStages = (levels: readonly Level[]): Genome =>
  levels.map(([filters1, filters2]) => ({ kind: 'stage', filters1, pooling: 'max', filters2 }));

/** From each filter count to the next in two steps: the second convolutions widen first. */
function widening(
  levels: number,
  { channels }: SearchSpace,
  make: (levels: readonly Level[]) => Genome,
): readonly Genome[] {
  return channels.flatMap((_, width) => {
    const own = channels.slice(width);
    const wider = channels.slice(width + 1);
    const even = make(levelsOf(levels, own));
    return wider.length === 0 ? [even] : [even, make(levelsOf(levels, own, wider))];
  });
}

/** @param filters1, filters2  filter counts from the first level on; the last one applies to all further levels. */
function levelsOf(levels: number, filters1: readonly number[], filters2 = filters1): readonly Level[] {
  const at = (counts: readonly number[], level: number): number => counts[Math.min(level, counts.length - 1)] ?? 0;
  return Array.from({ length: levels }, (_, level) => [at(filters1, level), at(filters2, level)]);
}
