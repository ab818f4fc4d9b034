// The search space: limits on the layers, depth and cost of genomes.

import { InvalidInputError } from '../errors.ts';
import {
  estimateCost,
  layerName,
  type NetworkCost,
  type NetworkInput,
  requireNetworkInput,
  vanishedLayer,
} from './cost.ts';
import { filterCountProblem } from './filters.ts';
import type { Gene, Genome } from './genome.ts';
import { formatGenome } from './text.ts';
import { trainingWork } from './work.ts';

/** The genomes that a search may visit. */
export interface SearchSpace {
  /** Allowed filter counts of skip layers and stages: powers of two, ascending, without duplicates. */
  readonly channels: readonly number[];
  /** Maximum number of layers of a genome at any time of the search; 1 to 1,000. */
  readonly maxDepth: number;
  /** Maximum number of trainable parameters, including the head. */
  readonly maxParameters?: number;
  /** Maximum forward FLOPs per image. */
  readonly maxFlops?: number;
  /** Maximum activation memory per image of a batch, in bytes. */
  readonly maxActivationBytes?: number;
  /**
   * Maximum work of training on one image (FLOPs of both passes, plus the equivalent of waiting for memory).
   */
  readonly maxWork?: number;
  /** What the work of the optimiser's steps depends on; without it, they are not counted. */
  readonly training?: {
    readonly batchSize?: number | undefined;
    readonly optimizer?: { readonly name: string } | undefined;
    /** FLOPs that the machine computes while a byte is read or written. */
    readonly byteWork?: number | undefined;
  };
}

/**
 * The first reason why the search space forbids a genome, with its numbers; undefined if the genome is allowed.
 *
 * Checks are in this order: depth, filter counts, spatial size (never below 1), parameters, FLOPs, activation memory, work.
 * {@link estimateCost} defines these figures. The empty genome is a network, too: only the head.
 */
export function violation(genome: Genome, space: SearchSpace, problem: NetworkInput): string | undefined {
  if (genome.length > space.maxDepth) {
    return `${genome.length} layers exceed the depth of ${space.maxDepth} (maxDepth)`;
  }
  for (const [index, gene] of genome.entries()) {
    if (gene.kind === 'pooling') continue;
    const foreign = [gene.filters1, gene.filters2].find((filters) => !space.channels.includes(filters));
    if (foreign !== undefined) {
      const layer = `layer ${index + 1} (${layerName(gene)})`;
      return `${layer} has ${foreign} filters, allowed are ${space.channels.join(', ')} (channels)`;
    }
  }
  const vanished = vanishedLayer(genome, problem.input);
  if (vanished !== undefined) return vanished;
  const limits = limitsOf(space);
  if (limits.length === 0) return undefined;
  const cost = estimateCost(genome, problem);
  const exceeded = limits.find(({ figureOf, limit }) => figureOf(cost) > limit);
  if (exceeded === undefined) return undefined;
  const { figureOf, unit, limit, option } = exceeded;
  return `${grouped(figureOf(cost))} ${unit} exceed the limit of ${grouped(limit)} (${option})`;
}

/** @throws {InvalidInputError} with the reason; `details` contains `genome` (text) and `reason`. */
export function requireValidGenome(genome: Genome, space: SearchSpace, problem: NetworkInput): void {
  const reason = violation(genome, space, problem);
  if (reason === undefined) return;
  const text = formatGenome(genome);
  throw new InvalidInputError(`genome "${text}" is outside the search space: ${reason}`, {
    details: { genome: text, reason },
  });
}

/** @throws {InvalidInputError} if the search space is invalid; names the key, its constraint and what was received. */
export function checkSearchSpace(space: SearchSpace): void {
  const { channels, maxDepth } = space;
  if (!Array.isArray(channels) || channels.length === 0) {
    throw wrong('channels', 'must list at least one filter count, such as 32, 64, 128', channels);
  }
  for (const [index, filters] of channels.entries()) {
    const problem = filterCountProblem(filters);
    if (problem !== undefined) throw wrong(`channels, entry ${index + 1}`, problem, filters);
    if (filters <= (channels[index - 1] ?? 0)) {
      throw wrong('channels', 'must ascend, each filter count once', channels);
    }
  }
  if (!Number.isInteger(maxDepth) || maxDepth < 1 || maxDepth > 1000) {
    throw wrong('maxDepth', 'must be an integer from 1 to 1,000', maxDepth);
  }
  for (const { option } of FIGURES) {
    const limit: unknown = space[option];
    if (limit !== undefined && !(typeof limit === 'number' && Number.isFinite(limit) && limit > 0)) {
      throw wrong(option, 'must be a positive number; leave it out for no limit', limit);
    }
  }
}

/**
 * Checks that at least one non-empty genome is allowed, by trying the cheapest ones ({@link cheapestGenomes}).
 *
 * @throws {InvalidInputError} naming the limit that no network meets and the smallest feasible value.
 */
export function checkSpaceIsFeasible(space: SearchSpace, problem: NetworkInput): void {
  requireNetworkInput(problem);
  const candidates = cheapestGenomes(space, problem);
  if (candidates.some((genome) => violation(genome, space, problem) === undefined)) return;
  const costs = candidates.map((genome) => ({ text: formatGenome(genome), cost: estimateCost(genome, problem) }));
  for (const { option, figureOf, unit, limit } of limitsOf(space)) {
    const [smallest] = costs.toSorted((a, b) => figureOf(a.cost) - figureOf(b.cost));
    if (smallest === undefined || figureOf(smallest.cost) <= limit) continue;
    const needed = figureOf(smallest.cost);
    throw new InvalidInputError(
      `no network fits ${option} ${grouped(limit)}: the smallest, "${smallest.text}", has ${grouped(needed)} ${unit}; ` +
        `raise ${option} to ${grouped(needed)} or more, or use smaller images`,
      { details: { option, limit, smallest: needed, genome: smallest.text } },
    );
  }
  const options = limitsOf(space).map(({ option }) => option);
  throw new InvalidInputError(`no network fits ${options.join(' and ')} at the same time; raise one of them`, {
    details: { options },
  });
}

/**
 * The cheapest genomes for each number of pooling layers, fewest layers first: only pooling layers, or with one skip layer
 * of the fewest filters before or after them. If any genome fits the limits, one of these almost always does. Among genomes
 * of the same depth, those with a skip layer come first.
 */
export function cheapestGenomes(space: SearchSpace, problem: NetworkInput): readonly Genome[] {
  const filters = Math.min(...space.channels);
  const skip: Gene = { kind: 'skip', filters1: filters, filters2: filters };
  const genomes: Genome[] = [[skip]];
  let pools: Genome = [{ kind: 'pooling', pooling: 'max' }];
  while (pools.length <= space.maxDepth && vanishedLayer(pools, problem.input) === undefined) {
    if (pools.length < space.maxDepth) genomes.push([...pools, skip], [skip, ...pools]);
    genomes.push(pools);
    pools = [...pools, { kind: 'pooling', pooling: 'max' }];
  }
  return genomes.toSorted((a, b) => a.length - b.length);
}

interface Figure {
  readonly option: 'maxParameters' | 'maxFlops' | 'maxActivationBytes' | 'maxWork';
  readonly figureOf: (cost: NetworkCost, training: SearchSpace['training']) => number;
  readonly unit: string;
}

const FIGURES: readonly Figure[] = [
  { option: 'maxParameters', figureOf: (cost) => cost.parameters, unit: 'parameters' },
  { option: 'maxFlops', figureOf: (cost) => cost.flops, unit: 'FLOPs' },
  {
    option: 'maxActivationBytes',
    figureOf: (cost) => cost.activationBytes,
    unit: 'bytes of activations per image',
  },
  { option: 'maxWork', figureOf: trainingWork, unit: 'FLOPs of training work per image' },
];

function limitsOf(space: SearchSpace) {
  return FIGURES.flatMap((entry) => {
    const limit = space[entry.option];
    if (limit === undefined) return [];
    const figureOf = (cost: NetworkCost): number => entry.figureOf(cost, space.training);
    return [{ ...entry, figureOf, limit }];
  });
}

function wrong(key: string, constraint: string, received: unknown): InvalidInputError {
  const shown = typeof received === 'number' ? String(received) : (JSON.stringify(received) ?? String(received));
  return new InvalidInputError(`search space, ${key}: ${constraint}; received ${shown}`, {
    details: { key, received },
  });
}

const grouped = (value: number): string => value.toLocaleString('en-US');
