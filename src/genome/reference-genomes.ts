// Initial genomes for a search: networks similar to those designed by hand.

import type { NetworkInput } from './cost.ts';
import type { Gene, Genome } from './genome.ts';
import { type SearchSpace, violation } from './search-space.ts';

/** The last stage sees at least this many pixels per side, if the image has them. */
const LEAST_SIDE = 4;
/** Pixels per side of the largest feature map that a probe convolves. */
const PROBE_SIDE = 16;
/** How many numbers of stages are tried. */
const VARIANTS = 3;

/**
 * Pyramids: stages of one skip layer each, with max pooling between them and the next higher filter count of the space from
 * stage to stage. There is one for each number of stages, the most stages first: the widest that the space allows, or the
 * narrowest, which has one more pooling layer so that the classifier is small, too. Behind a whitening, which leaves little
 * to gain at full resolution, they pool first.
 *
 * @returns at most three; none if the space allows none.
 * @see Simonyan and Zisserman 2015, He et al. 2016: both halve the image and double the filters, stage by stage. Jordan 2024
 *   (arXiv 2404.00498), listing 3: blocks behind a whitening that pool before anything else.
 */
export function referenceGenomes(
  space: SearchSpace,
  problem: NetworkInput,
  width: 'widest' | 'narrowest' = 'widest',
): readonly Genome[] {
  const side = sideOf(problem);
  const poolsFirst = problem.stem === 'whitening' && side >= 2 * LEAST_SIDE;
  const mostStages = mostStagesOn(poolsFirst ? side / 2 : side);
  return Array.from({ length: Math.min(VARIANTS, mostStages) }, (_, fewer) => mostStages - fewer).flatMap((stages) => {
    const candidates =
      width === 'widest' ? wideningPyramids(stages, space) : [[...pyramid(stages, space.channels), MAX]];
    const chosen = candidates
      .map((genome) => (poolsFirst ? [MAX, ...genome] : genome))
      .findLast((genome) => violation(genome, space, problem) === undefined);
    return chosen === undefined ? [] : [chosen];
  });
}

/**
 * A network that costs about the same for images of any size, as it pools them first: for choices that need some trained
 * network.
 */
export function probeGenome(problem: NetworkInput): Genome {
  const genome: Gene[] = [];
  let side = sideOf(problem);
  for (; side > PROBE_SIDE; side >>= 1) genome.push(MAX);
  return [...genome, ...pyramid(side > 1 ? 2 : 1, [16, 32])];
}

function sideOf({ input }: NetworkInput): number {
  return Math.min(input.height, input.width);
}

function mostStagesOn(side: number): number {
  return Math.max(1, binaryDigits(Math.floor(side / LEAST_SIDE)));
}

/** Number of binary digits of an integer below 2³²; 0 for 0. */
const binaryDigits = (value: number): number => 32 - Math.clz32(value);

const MAX = { kind: 'pooling', pooling: 'max' } as const;

/** From each filter count to the next in two steps: the second convolutions of the layers widen first. */
function wideningPyramids(stages: number, { channels }: SearchSpace): readonly Genome[] {
  return channels.flatMap((_, width) => {
    const own = channels.slice(width);
    const wider = channels.slice(width + 1);
    return wider.length === 0 ? [pyramid(stages, own)] : [pyramid(stages, own), pyramid(stages, own, wider)];
  });
}

/** @param filters1, filters2  filter counts of the stages; the last one applies to all further stages. */
function pyramid(stages: number, filters1: readonly number[], filters2 = filters1): Genome {
  const ofStage = (counts: readonly number[], stage: number): number => counts[Math.min(stage, counts.length - 1)] ?? 0;
  return Array.from({ length: stages }, (_, stage): Genome => {
    const skip = { kind: 'skip', filters1: ofStage(filters1, stage), filters2: ofStage(filters2, stage) } as const;
    return stage === 0 ? [skip] : [MAX, skip];
  }).flat();
}
