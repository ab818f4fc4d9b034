import { describe, expect, it } from 'vitest';
import type { JournalEntry, WorkersEntry } from '../records/journal-entry.ts';
import { WorkAccount } from './work-account.ts';
import { WorkerPlan } from './worker-plan.ts';

const CONFIG = { budget: { seconds: 100 }, searchWork: 1000, undecided: ['finalEpochs'] as 'finalEpochs'[] };
const grows = async () => {};

/** Admits genomes of 100 each until the work is used up; before each, so many workers are there. */
function search(
  workersAt: (admitted: number) => number,
  entries: readonly JournalEntry[] = [],
  { count = 100, config = CONFIG } = {},
) {
  const account = new WorkAccount(CONFIG.searchWork);
  const evaluator = {
    get concurrency() {
      return workersAt(account.admitted);
    },
    capacityGrown: grows,
  };
  const plan = WorkerPlan.of(config, entries, evaluator);
  const journal: JournalEntry[] = [];
  for (let i = 0; i < count; i++) {
    const change = plan?.next(account, `genome ${i}`);
    if (change !== undefined) journal.push({ ...change, elapsedSeconds: i });
    if (!account.admit(`genome ${i}`, 100)) break;
  }
  return { admitted: account.admitted, journal: journal as WorkersEntry[] };
}

const evaluated = (...numbers: readonly number[]): readonly JournalEntry[] =>
  numbers.map((i) => ({
    ...{ type: 'evaluation', id: `id ${i}`, genome: `genome ${i}`, fitness: 0, history: [], bestEpoch: 0 },
    ...{ parameters: 1, flops: 1, seconds: 1, elapsedSeconds: i },
  }));

describe('the work of a search under a time budget', () => {
  it('is as planned while the number of workers stays', () => {
    const { admitted, journal } = search(() => 2);
    expect(admitted).toBe(10);
    expect(journal).toMatchObject([{ admitted: 0, workers: 2, searchWork: 1000 }]);
  });

  it('has its rest grow and shrink with the number of workers', () => {
    // After 4 of 10, 6 are left: three times as many with 6 workers; of the 12 after 10, half with 3.
    const { admitted, journal } = search((done) => (done < 4 ? 2 : done < 10 ? 6 : 3));
    expect(journal.map(({ admitted, workers, searchWork }) => [admitted, workers, searchWork])).toEqual([
      [0, 2, 1000],
      [4, 6, 2200],
      [10, 3, 1600],
    ]);
    expect(admitted).toBe(16);
  });

  it('is the same when it is replayed from the journal, whatever the number of workers is then', () => {
    const first = search((done) => (done < 4 ? 2 : 6));
    const entries = [...first.journal, ...evaluated(...Array.from({ length: first.admitted }, (_, i) => i))];
    // The final training is decided: the search is over.
    const config = { ...CONFIG, undecided: [] };
    expect(search(() => 50, entries, { config })).toEqual({ admitted: first.admitted, journal: [] });
  });

  it('changes after a resume at the first genome without a result', () => {
    const first = search(() => 2, [], { count: 6 });
    const { admitted, journal } = search(() => 4, [...first.journal, ...evaluated(0, 1, 2)]);
    expect(journal).toMatchObject([{ admitted: 3, workers: 4, searchWork: 1700 }]);
    expect(admitted).toBe(17);
  });

  it('ends where the clock ended it, whatever was decided about what would have come then', () => {
    const first = search((done) => (done < 8 ? 2 : 20));
    const account = new WorkAccount(CONFIG.searchWork);
    for (let i = 0; i < 8; i++) account.admit(`genome ${i}`, 100);
    account.changeLimit(account.endBefore('genome 5'));
    const plan = WorkerPlan.of(CONFIG, first.journal, { concurrency: 20, capacityGrown: grows });
    const end = { ...plan?.endNow(account), elapsedSeconds: 9 } as WorkersEntry;
    expect(end).toMatchObject({ admitted: 5, searchWork: 500 });
    expect(search(() => 30, [...first.journal, end, ...evaluated(0, 1, 2, 3, 4)]).admitted).toBe(5);
  });

  it('cannot change without a time budget, or if the number of workers is fixed', () => {
    const fixed = { concurrency: 2 };
    expect(WorkerPlan.of(CONFIG, [], fixed)).toBeUndefined();
    const fleet = { concurrency: 2, capacityGrown: grows };
    expect(WorkerPlan.of({ searchWork: 5 } as typeof CONFIG, [], fleet)).toBeUndefined();
    expect(WorkerPlan.of({ ...CONFIG, undecided: [] }, [], fleet)).toBeUndefined();
    expect(WorkerPlan.of(CONFIG, [], fleet)).toBeDefined();
  });
});
