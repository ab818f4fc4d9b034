import { describe, expect, it, vi } from 'vitest';
import { estimateCost } from '../../genome/cost.ts';
import { randomGenome } from '../../genome/random-genome.ts';
import { parseGenome } from '../../genome/text.ts';
import { createRng } from '../../random/rng.ts';
import type { RunConfig, SearchConfigInput } from '../config/config.ts';
import { searchSpaceOf } from '../config/network-input.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { planBudget } from './budget-plan.ts';
import { limitCandidateTime } from './candidate-time.ts';
import { candidateWork } from './candidate-work.ts';

const RATE = 5e10;
const data = {
  trainExamples: 50_000,
  testExamples: 10_000,
  problem: { input: { channels: 3, height: 32, width: 32 }, classes: 10 },
};
const machine = { workers: 2, measureSpeed: vi.fn(async () => ({ rate: RATE, byteWork: 30 })) };
const OPEN = { searchSpace: { channels: [8, 16, 32, 64], maxFlops: null } };

describe('limitCandidateTime', () => {
  it.each([
    ['without a budget', OPEN, 6],
    ['with epochs of its own', { ...OPEN, training: { epochs: 2 }, searchLimit: 1500 }, 3],
    ['scored on the test images', { ...OPEN, fitnessOn: 'test' as const, searchLimit: null }, 60],
    ['trained on several splits', { ...OPEN, fitnessSplits: 3 }, 12],
    ['with a budget', { budget: { flops: 1e14 } }, 6],
  ])('allows what the machine trains in the time, and nothing slower: %s', async (_, given, seconds) => {
    const config = await decided(given, seconds);
    const unlimited = await decided(given);
    expect(config.searchSpace).not.toHaveProperty('maxSeconds');
    const secondsOf = (genome: string) =>
      candidateWork(config, data, estimateCost(parseGenome(genome), data.problem)) / RATE;
    const rng = createRng('candidate time');
    const space = searchSpaceOf(config);
    const allowed = Array.from({ length: 200 }, () => randomGenome(rng, space, data.problem));
    const slowest = Math.max(
      ...allowed.map((genome) => candidateWork(config, data, estimateCost(genome, data.problem)) / RATE),
    );
    expect(slowest).toBeLessThanOrEqual(seconds);
    expect(slowest).toBeGreaterThan(0.7 * seconds);
    for (const genome of config.initialGenomes) expect(secondsOf(genome)).toBeLessThanOrEqual(seconds);
    expect(config.training.epochs).toBe(unlimited.training.epochs);
    expect(config.searchLimit).toBe(unlimited.searchLimit);
  });

  it('changes nothing if all networks are fast enough, and does not measure without a limit', async () => {
    const given = { budget: { flops: 1e13 } };
    expect(await decided(given, 3600)).toEqual(await decided(given));
    machine.measureSpeed.mockClear();
    await decided(given);
    expect(machine.measureSpeed).not.toHaveBeenCalled();
  });

  it('refuses a time in which no network trains, and says which would do', async () => {
    const failure = await decided(OPEN, 0.2).catch((error) => error);
    expect(failure.message).toMatch(
      /^no network trains within 0.2 s \(--max-candidate-time, searchSpace.maxSeconds\): the smallest takes about/,
    );
    const { needed } = failure.details;
    expect(needed).toBeGreaterThan(0.2);
    await decided(OPEN, 1.1 * needed);
    await expect(decided(OPEN, 0.9 * needed)).rejects.toThrow('no network trains within');
  });

  it('is refused with equal compute, where all candidates take the same', () => {
    expect(() => configOf({ equalCompute: true }, 5)).toThrow(/searchSpace.maxSeconds is useless with equalCompute/);
  });
});

function configOf(given: Partial<SearchConfigInput>, maxSeconds?: number): RunConfig {
  const searchSpace = { ...given.searchSpace, ...(maxSeconds !== undefined && { maxSeconds }) };
  const config = resolveConfig({ dataset: { source: 'made up' }, ...given, searchSpace }, 'the test');
  return { ...config, lowering: 'plain' };
}

async function decided(given: Partial<SearchConfigInput>, maxSeconds?: number): Promise<RunConfig> {
  return limitCandidateTime(configOf(given, maxSeconds), data, machine, async (config) => {
    if (config.budget === undefined || !('flops' in config.budget)) return config;
    const planned = planBudget(config.budget.flops, config, data);
    if (planned === undefined) throw new Error('a plan was expected');
    return { ...planned, lowering: config.lowering };
  });
}
