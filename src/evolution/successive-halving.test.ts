import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cohort, SuccessiveHalving } from './successive-halving.ts';

/** Fitness by name and rung. */
type Table = Readonly<Record<string, readonly number[]>>;

/** Lets everybody enter, then answers what is asked for, always the last one that trains. */
function run(names: readonly string[], table: Table, cohort: Cohort, reduction = 3) {
  const rungs = Math.max(...Object.values(table).map((row) => row.length));
  const halving = new SuccessiveHalving({ rungs, reduction, cohort });
  const candidates = names.map((name) => halving.enter(name));
  halving.close();
  const trained: string[] = [];
  for (;;) {
    const next = candidates.findLast((candidate) => halving.standing(candidate).kind === 'trains');
    if (next === undefined) break;
    const standing = halving.standing(next);
    if (standing.kind !== 'trains') break;
    const name = names[next] ?? '';
    trained.push(`${name}${standing.rung}`);
    halving.record(name, standing.rung, table[name]?.[standing.rung] ?? 0);
  }
  return { standings: candidates.map((candidate) => halving.standing(candidate)), trained };
}

const tableOf = (names: readonly string[], rows: readonly (readonly number[])[]): Table =>
  Object.fromEntries(names.map((name, i) => [name, rows[i] ?? []]));

describe('SuccessiveHalving', () => {
  it('trains a third of a block on the next rung, a ninth on the last', () => {
    const names = [...'abcdefghi'];
    const table = tableOf(
      names,
      names.map((_, i) => [i / 10, 0.8 + i / 100, 0.95]),
    );
    const { standings, trained } = run(names, table, { kind: 'block', size: 9 });
    expect(trained.filter((step) => step.endsWith('0'))).toHaveLength(9);
    expect(trained.filter((step) => step.endsWith('1')).sort()).toEqual(['g1', 'h1', 'i1']);
    expect(trained.filter((step) => step.endsWith('2'))).toEqual(['i2']);
    expect(standings[8]).toEqual({ kind: 'out', rung: 2, fitness: 0.95 });
    expect(standings[7]).toEqual({ kind: 'out', rung: 1, fitness: expect.closeTo(0.87) });
    expect(standings[0]).toEqual({ kind: 'out', rung: 0, fitness: 0 });
  });

  it('waits in a block for candidates that have not entered, unless no more will enter', () => {
    const halving = new SuccessiveHalving({ rungs: 2, reduction: 2, cohort: { kind: 'block', size: 2 } });
    halving.enter('a');
    halving.record('a', 0, 0.5);
    expect(halving.standing(0)).toEqual({ kind: 'waits' });
    halving.close();
    expect(halving.standing(0)).toEqual({ kind: 'trains', rung: 1 });
  });

  it('never waits in a window for those who come later', () => {
    const halving = new SuccessiveHalving({ rungs: 2, reduction: 2, cohort: { kind: 'window', size: 4 } });
    for (const name of ['a', 'b', 'c']) halving.enter(name);
    halving.record('b', 0, 0.9);
    expect(halving.standing(1)).toEqual({ kind: 'waits' });
    halving.record('a', 0, 0.1);
    expect(halving.standing(0)).toEqual({ kind: 'trains', rung: 1 });
    expect(halving.standing(1)).toEqual({ kind: 'trains', rung: 1 });
    halving.record('c', 0, 0.5);
    expect(halving.standing(2)).toEqual({ kind: 'out', rung: 0, fitness: 0.5 });
  });

  it('leaves the window behind: an candidate is not compared with those long before it', () => {
    const table = { a: [0.9, 0.9], b: [0.1, 0.1], c: [0.2, 0.2] };
    const { standings } = run(['a', 'b', 'c'], table, { kind: 'window', size: 2 }, 2);
    expect(standings.map((standing) => standing.kind === 'out' && standing.rung)).toEqual([1, 0, 1]);
  });

  it('gives an candidate the highest fitness of its rungs, so that going on is never a loss', () => {
    const { standings } = run(['a', 'b'], { a: [0.8, 0.3], b: [0.7, 0.9] }, { kind: 'block', size: 2 }, 2);
    expect(standings).toEqual([
      { kind: 'out', rung: 1, fitness: 0.8 },
      { kind: 'out', rung: 0, fitness: 0.7 },
    ]);
  });

  it('compares candidates of the same name as one', () => {
    const { trained } = run(['a', 'a', 'a', 'b'], { a: [0.9, 0.9], b: [0.5, 0.5] }, { kind: 'block', size: 4 }, 2);
    expect(trained.sort()).toEqual(['a0', 'a1', 'b0']);
  });

  it('trains everybody on the only rung there is', () => {
    const { standings } = run(['a', 'b'], { a: [0.1], b: [0.2] }, { kind: 'block', size: 2 });
    expect(standings.every((standing) => standing.kind === 'out' && standing.rung === 0)).toBe(true);
  });

  it('equals sorting and cutting, for blocks of different names', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 3 }), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(1.5, 2, 3),
        (rows, size, reduction) => {
          const names = rows.map((_, i) => `n${i}`);
          const { standings } = run(names, tableOf(names, rows), { kind: 'block', size }, reduction);
          const reached = new Array<number>(rows.length).fill(0);
          for (let from = 0; from < rows.length; from += size) {
            let alive = rows.map((_, i) => i).slice(from, from + size);
            for (const rung of [0, 1]) {
              const sorted = alive.toSorted((a, b) => (rows[b]?.[rung] ?? 0) - (rows[a]?.[rung] ?? 0) || a - b);
              alive = sorted.slice(0, Math.max(1, Math.floor(alive.length / reduction))).sort((a, b) => a - b);
              for (const survivor of alive) reached[survivor] = rung + 1;
            }
          }
          expect(standings.map((standing) => standing.kind === 'out' && standing.rung)).toEqual(reached);
        },
      ),
    );
  });

  it('comes to the same standings in whatever order results come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
        fc.constantFrom<Cohort['kind']>('block', 'window'),
        (rows, choices, kind) => {
          const names = rows.map((_, i) => `n${i % 7}`);
          const fitness = (name: string, rung: number) => rows[Number(name.slice(1))]?.[rung] ?? 0;
          const standingsInOrder = (order: readonly number[]) => {
            const halving = new SuccessiveHalving({ rungs: 2, reduction: 2, cohort: { kind, size: 4 } });
            const candidates = names.map((name) => halving.enter(name));
            halving.close();
            for (const choice of order) {
              const ready = candidates.filter((candidate) => halving.standing(candidate).kind === 'trains');
              const next = ready[choice % Math.max(1, ready.length)];
              const standing = next === undefined ? undefined : halving.standing(next);
              if (next === undefined || standing?.kind !== 'trains') break;
              halving.record(names[next] ?? '', standing.rung, fitness(names[next] ?? '', standing.rung));
            }
            return candidates.map((candidate) => halving.standing(candidate));
          };
          const first = standingsInOrder(choices);
          expect(first.every((standing) => standing.kind === 'out')).toBe(true);
          expect(first).toEqual(standingsInOrder(choices.map(() => 0)));
        },
      ),
    );
  });

  it('refuses settings that make no sense, saying the cure', () => {
    const make = (changes: object) => () =>
      new SuccessiveHalving({ rungs: 2, reduction: 3, cohort: { kind: 'block', size: 4 }, ...changes });
    expect(make({ reduction: 1 })).toThrow('reduction must be a number above 1, received 1; with 3 a third');
    expect(make({ rungs: 0 })).toThrow('rungs must be an integer of at least 1, received 0');
    expect(make({ cohort: { kind: 'block', size: 0 } })).toThrow('cohort size must be an integer of at least 1');
  });
});
