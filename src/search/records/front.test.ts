import { expect, it } from 'vitest';
import { entryOf, failureOf } from '../../../test/support/made-up-run.ts';
import { describeMember, paretoFront } from './front.ts';
import type { EvaluationEntry } from './journal-entry.ts';

const member = (genome: string, fitness: number, parameters: number, more: object = {}): EvaluationEntry => ({
  ...entryOf(genome, fitness),
  parameters,
  ...more,
});
const genomes = (front: readonly EvaluationEntry[]) => front.map(({ genome }) => genome);

it('contains the networks that no other dominates, the fittest first', () => {
  const entries = [
    member('small', 0.5, 10),
    member('worse', 0.8, 120),
    member('large', 0.9, 100),
    { ...failureOf('failed'), parameters: 1 },
  ];
  expect(genomes(paretoFront(entries, ['parameters']))).toEqual(['large', 'small']);
});

it('counts every objective', () => {
  const entries = [
    member('a', 0.9, 10, { latencyMs: 2 }),
    member('b', 0.8, 20, { latencyMs: 1 }),
    member('c', 0.7, 20),
  ];
  expect(genomes(paretoFront(entries, ['parameters']))).toEqual(['a']);
  expect(genomes(paretoFront(entries, ['parameters', 'latency']))).toEqual(['a', 'b']);
});

it('takes the best evaluation of each genome', () => {
  const refined = member('a', 0.95, 10, { refined: true });
  const front = paretoFront(
    [member('a', 0.7, 10), refined, member('a', 0.8, 10), member('b', 0.9, 20)],
    ['parameters'],
  );
  expect(front).toEqual([refined]);
});

it('is the same in whatever order evaluations ended', () => {
  const entries = [member('b', 0.9, 10), member('a', 0.9, 10), member('c', 0.9, 11), member('d', 0.5, 2)];
  expect(genomes(paretoFront(entries, ['parameters']))).toEqual(['a', 'b', 'd']);
  expect(paretoFront(entries.toReversed(), ['parameters'])).toEqual(paretoFront(entries, ['parameters']));
});

it('is listed with accuracy, and with fitness where that is something else', () => {
  expect(describeMember(member('a', 0.9, 10, { refined: true }), 'accuracy')).toEqual({
    genome: 'a',
    accuracy: 0.9,
    parameters: 10,
    flops: 2000,
    refined: true,
  });
  const entry = { ...member('a', 0.9, 10, { latencyMs: 0.5 }), fitness: 0.7 };
  expect(describeMember(entry, 'macro-f1')).toMatchObject({ accuracy: 0.9, fitness: 0.7, latencyMs: 0.5 });
});
