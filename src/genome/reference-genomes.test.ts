import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateCost, type NetworkInput } from './cost.ts';
import type { HeadLayer } from './head.ts';
import { referenceGenomes, referenceLadder } from './reference-genomes.ts';
import { type SearchSpace, violation } from './search-space.ts';
import { formatGenome } from './text.ts';
import { trainingWork } from './work.ts';

const MNIST: NetworkInput = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const CIFAR: NetworkInput = { input: { channels: 3, height: 32, width: 32 }, classes: 10 };
const POOL_AND_DENSE: readonly HeadLayer[] = [{ type: 'globalAveragePooling' }, { type: 'dense', units: 'classes' }];
const CHANNELS = [8, 16, 32, 64, 128, 256];

function textsFor(space: Partial<SearchSpace>, problem: NetworkInput): string[] {
  return referenceGenomes({ channels: CHANNELS, maxDepth: 10, ...space }, problem).map(formatGenome);
}

describe('reference genomes', () => {
  it('halve the image down to 4 pixels at least, with filters that double', () => {
    expect(textsFor({ maxParameters: 200_000 }, MNIST)).toEqual([
      '16-16-max-32-32-max-64-64',
      '32-32-max-64-64',
      '16-16',
    ]);
    expect(textsFor({ maxDepth: 7, maxParameters: 2e6 }, CIFAR)).toEqual([
      '32-64-max-64-128-max-128-256-max-256-256',
      '64-128-max-128-256-max-256-256',
      '128-128-max-256-256',
    ]);
  });

  it('keep to the depth and to the filter counts of the space', () => {
    expect(textsFor({ maxDepth: 4 }, CIFAR)).toEqual(['256-256-max-256-256']);
    expect(textsFor({ channels: [32], maxDepth: 5 }, MNIST)).toEqual([
      '32-32-max-32-32-max-32-32',
      '32-32-max-32-32',
      '32-32',
    ]);
  });

  it('are of all widths, if sizes are weighed: the widest, the narrowest, and so many between', () => {
    const space = { channels: CHANNELS, maxDepth: 10, maxParameters: 1e5 };
    const problem = { ...MNIST, head: POOL_AND_DENSE };
    const ladder = (most: number) => referenceLadder(space, problem, most).map(formatGenome);
    const all = ['32max32-64max64', '16max32-32max64', '16max16-32max32', '8max16-16max32', '8max8-16max16'];
    expect(ladder(9)).toEqual(all);
    expect(ladder(5)).toEqual(all);
    expect(ladder(4)).toEqual([all[0], all[1], all[3], all[4]]);
    expect(ladder(2)).toEqual([all[0], all[4]]);
    expect(ladder(1)).toEqual([all[0]]);
    expect(ladder(0)).toEqual([]);
    expect(referenceLadder({ ...space, maxParameters: 10 }, problem, 4)).toEqual([]);
    expect(referenceLadder({ channels: [8, 16], maxDepth: 3 }, MNIST, 4).map(formatGenome)).toEqual([
      '16-16-max-16-16',
      '8-16-max-16-16',
      '8-8-max-16-16',
    ]);
  });

  it('consist of stages before global average pooling, if those leave enough of the image', () => {
    const space = { maxDepth: 9, maxParameters: 1e6 };
    const averaged = (problem: NetworkInput) => textsFor(space, { ...problem, head: POOL_AND_DENSE });
    expect(averaged(CIFAR)).toEqual(['32max64-64max128-128max256', '64max128-128max256', '256max256']);
    expect(averaged(MNIST)[0]).toBe('64max128-128max256');
    expect(averaged({ input: { channels: 1, height: 7, width: 9 }, classes: 3 })).toEqual(['256-256']);
    const little = textsFor({ maxFlops: 1e6 }, { ...CIFAR, head: POOL_AND_DENSE });
    expect(little).toEqual(['8max8']);
  });

  it('are none where no pyramid fits', () => {
    expect(textsFor({ maxParameters: 500 }, MNIST)).toEqual([]);
  });

  it('fit the space, and the next wider one does not, whatever the limit of work', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 96 }), fc.double({ min: 5, max: 11, noNaN: true }), (side, digits) => {
        const space = { channels: CHANNELS, maxDepth: 10, maxWork: 10 ** digits };
        const problem = { input: { channels: 3, height: side, width: side }, classes: 4 };
        for (const genome of referenceGenomes(space, problem)) {
          expect(violation(genome, space, problem)).toBeUndefined();
          const widths = genome.flatMap((gene) => (gene.kind === 'skip' ? [gene.filters1] : []));
          const wider = genome.map((gene) => {
            if (gene.kind === 'pooling') return gene;
            const filters = Math.min(2 * gene.filters1, 256);
            return { ...gene, filters1: filters, filters2: filters };
          });
          if (widths[0] !== 256) expect(trainingWork(estimateCost(wider, problem))).toBeGreaterThan(10 ** digits);
        }
      }),
    );
  });
});
