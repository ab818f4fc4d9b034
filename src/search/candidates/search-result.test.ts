import { expect, it } from 'vitest';
import type { SearchStrategy } from '../../evolution/strategy.ts';
import { genomeId, parseGenome } from '../../genome/text.ts';
import { WorkAccount } from '../budget/work-account.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import { resolveConfig } from '../run/resolve-config.ts';
import type { CandidateTasks } from './candidate-tasks.ts';
import { describeSearch } from './search-result.ts';

const RUNGS = ['first', 'last'];

it('compares no fitness after less training: neither of a lower rung nor of a training that was cut short', () => {
  const known = new Map(
    [
      entry('8-8', 'first', 0.9),
      entry('8-8', 'last', 0.8),
      entry('16-16', 'first', 0.99),
      entry('32-32', 'last', 0.97, { pruned: true }),
      entry('max', 'last', 0.96, { stopped: true }),
      entry('mean', 'last', 0, { failure: { reason: 'diverged', message: 'the loss became NaN' } }),
    ].map((each) => [each.id, each]),
  );
  const account = new WorkAccount(undefined);
  for (const { genome } of known.values()) account.admit(genome, 1);
  const tasks = {
    has: () => true,
    of: (genome: Parameters<typeof genomeId>[0]) => RUNGS.map((rung) => ({ id: `${genomeId(genome)} ${rung}` })),
  } as unknown as CandidateTasks;
  const strategy = { generation: 1, best: { genome: parseGenome('8-8'), fitness: 0.8 } } as unknown as SearchStrategy;
  const config = resolveConfig({ dataset: { source: 'any' } }, 'the test');
  const { comparable, fittest } = describeSearch({ strategy, account, tasks, known, cacheHits: 0 }, config);
  expect(comparable.map(({ id }) => id)).toEqual(['8-8 last']);
  expect(fittest.id).toBe('8-8 last');
});

function entry(genome: string, rung: string, fitness: number, more: Partial<EvaluationEntry> = {}): EvaluationEntry {
  const id = `${genome} ${rung}`;
  const figures = { parameters: 1, flops: 1, seconds: 1, elapsedSeconds: 1, history: [], bestEpoch: 0 };
  return { type: 'evaluation', id, genome, fitness, ...figures, ...more };
}
