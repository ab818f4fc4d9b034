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
  const { members, epochs } = planRefinement(front, configWith(changes), data);
  return { genomes: members.map(({ genome }) => genome), epochs };
};

const FRONT = [
  member('32-32-max-32-32', 0.97),
  member('16-16-max-16-32', 0.96),
  member('16-16-max-16-16', 0.958),
  member('8-8-max-8-8', 0.93),
  member('8-8-max-max-max', 0.88),
  member('max-max-max', 0.5),
];

describe('planRefinement', () => {
  it('leaves out what is far from the best, and of more than asked for what is closest to others', () => {
    const all = ['32-32-max-32-32', '16-16-max-16-32', '16-16-max-16-16', '8-8-max-8-8', '8-8-max-max-max'];
    expect(plan(FRONT, { frontSize: 9 })).toEqual({ genomes: all, epochs: 7 });
    expect(plan(FRONT, { frontSize: 4 }).genomes).toEqual(all.filter((genome) => genome !== '16-16-max-16-32'));
    expect(plan(FRONT, { frontSize: 1 }).genomes).toEqual(['32-32-max-32-32']);
  });

  it('trains for as many epochs as it is told', () => {
    expect(plan(FRONT, { frontEpochs: 2 }).epochs).toBe(2);
    expect(plan(FRONT, { frontEpochs: 0 }).epochs).toBe(0);
  });

  it('trains for as long as its work is enough, and fewer networks where that would be little', () => {
    const workOf = (genomes: readonly string[], epochs: number): number =>
      genomes
        .map((genome) => estimateCost(parseGenome(genome), problem))
        .reduce((sum, cost) => {
          const config = configWith({ searchLimit: null, training: { epochs } });
          return sum + candidateWork(config, data, cost);
        }, 0);
    for (const frontWork of [2e13, 6e13, 2e14, 1e15]) {
      const { genomes, epochs } = plan(FRONT, { frontWork });
      expect(epochs >= 3 || genomes.length === 2).toBe(true);
      if (epochs > 0) expect(workOf(genomes, epochs)).toBeLessThanOrEqual(frontWork);
      if (epochs < 12) expect(workOf(genomes, epochs + 1)).toBeGreaterThan(frontWork);
    }
    expect(plan(FRONT, { frontWork: 1e17 })).toMatchObject({ epochs: 12 });
    expect(plan(FRONT, { frontWork: 1e10 })).toMatchObject({ epochs: 0 });
  });
});
