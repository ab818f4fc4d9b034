import { describe, expect, it } from 'vitest';
import { entryOf } from '../../../test/support/made-up-run.ts';
import { estimateCost } from '../../genome/cost.ts';
import { parseGenome } from '../../genome/text.ts';
import { candidateWork } from '../budget/candidate-work.ts';
import type { SearchConfigInput } from '../config/config.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import { planRefinement } from './refine-front.ts';

const problem = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const data = { trainExamples: 60_000, testExamples: 10_000, problem };
const member = (genome: string, fitness: number): EvaluationEntry => {
  const { parameters, flops } = estimateCost(parseGenome(genome), problem);
  return { ...entryOf(genome, fitness), parameters, flops };
};
const configWith = (changes: Partial<SearchConfigInput>) =>
  resolveConfig(
    { dataset: { source: 'mnist' }, objectives: ['accuracy', 'parameters'], finalEpochs: 7, ...changes },
    'the test',
  );
const plan = (front: readonly EvaluationEntry[], changes: Partial<SearchConfigInput>) => {
  const refinements = planRefinement(front, configWith(changes), data);
  return { genomes: refinements.map(({ entry }) => entry.genome), epochs: refinements.map(({ epochs }) => epochs) };
};

const FRONT = [
  member('32-32-max-32-32', 0.97),
  member('16-16-max-16-32', 0.96),
  member('16-16-max-16-16', 0.958),
  member('8-8-max-8-8', 0.93),
  member('8-8-max-max-max', 0.88),
  member('max-max-max', 0.4),
];

describe('planRefinement', () => {
  it('leaves out what is far from the best, and of more than asked for what is closest to others', () => {
    const all = ['32-32-max-32-32', '16-16-max-16-32', '16-16-max-16-16', '8-8-max-8-8', '8-8-max-max-max'];
    expect(plan(FRONT, { frontSize: 9 })).toEqual({ genomes: all, epochs: [7, 7, 7, 7, 7] });
    expect(plan(FRONT, { frontSize: 4 }).genomes).toEqual(all.filter((genome) => genome !== '16-16-max-16-32'));
    expect(plan(FRONT, { frontSize: 1 }).genomes).toEqual(['32-32-max-32-32']);
  });

  it('trains for as many epochs as it is told', () => {
    expect(plan(FRONT, { frontEpochs: 2 }).epochs).toEqual([2, 2, 2, 2, 2]);
    expect(plan(FRONT, { frontEpochs: 0 }).epochs).toEqual([]);
  });

  it('gives each network the same work, and what one cannot use to the others', () => {
    const workOf = (genome: string, epochs: number): number => {
      const config = configWith({ searchLimit: null });
      const { training } = config;
      return candidateWork(
        { ...config, training: { ...training, epochs } },
        data,
        estimateCost(parseGenome(genome), problem),
      );
    };
    for (const frontWork of [2e13, 6e13, 2e14, 1e15]) {
      const { genomes, epochs } = plan(FRONT, { frontWork });
      const works = genomes.map((genome, i) => workOf(genome, epochs[i] ?? 0));
      const share = Math.max(...works);
      expect(works.reduce((sum, work) => sum + work)).toBeLessThanOrEqual(frontWork);
      for (const [i, work] of works.entries()) expect(work > 0.9 * share || epochs[i] === 12).toBe(true);
      if (epochs.some((each) => each < 12)) expect(works.length * share).toBeGreaterThan(0.9 * frontWork);
      expect(genomes.length === 2 || Math.min(...epochs) >= 0.5).toBe(true);
    }
    expect(plan(FRONT, { frontWork: 1e17 }).epochs).toEqual([12, 12, 12, 12, 12]);
    expect(plan(FRONT, { frontWork: 5e12 }).genomes).not.toHaveLength(5);
    expect(plan(FRONT, { frontWork: 1e10 }).epochs).toEqual([]);
  });
});
