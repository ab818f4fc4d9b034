import { describe, expect, it } from 'vitest';
import { areDifferent } from './compare-results.ts';
import type { ResultMessage } from './messages.ts';

type Answer = Extract<ResultMessage['answer'], { outcome: unknown }>;

const history = [{ epoch: 1, loss: 0.5, accuracy: 0.25, validationAccuracy: 0.75 }];
const answer: Answer = {
  outcome: { fitness: 0.75, history, bestEpoch: 1 },
  weights: { sha256: 'a'.repeat(64), bytes: 9 },
  steps: [4],
  totalSteps: 4,
  seconds: 1,
};
const of = (changes: Partial<Answer>, worker = 'b'): ResultMessage => ({ worker, answer: { ...answer, ...changes } });
const failed = (reason: 'timeout' | 'diverged', message: string) =>
  of({ outcome: { fitness: 0, history: [], bestEpoch: 0, failure: { reason, message } } });

describe('two results of one task', () => {
  it('differ in one bit of an accuracy, and in one of the weights', () => {
    expect(areDifferent(of({}), of({}, 'other'))).toBe(false);
    const other = [{ ...history[0], epoch: 1, loss: 0.5, accuracy: 0.25 + 2 ** -54 }];
    expect(areDifferent(of({}), of({ outcome: { ...answer.outcome, history: other } }))).toBe(true);
    expect(areDifferent(of({}), of({ weights: { sha256: 'b'.repeat(64), bytes: 9 } }))).toBe(true);
  });

  it('do not differ in what depends on a machine: time, time-outs, latency, the words of an error', () => {
    expect(areDifferent(of({ seconds: 1 }), of({ seconds: 9 }))).toBe(false);
    expect(areDifferent(of({}), failed('timeout', 'it took longer than 5 s'))).toBe(false);
    expect(areDifferent(failed('diverged', 'one'), failed('diverged', 'two'))).toBe(false);
    const timed = (latencyMs: number, letter: string) =>
      of({ outcome: { ...answer.outcome, latencyMs }, weights: { sha256: letter.repeat(64), bytes: 9 } });
    expect(areDifferent(timed(1, 'a'), timed(2, 'b'))).toBe(false);
  });

  it('differ if only one of them diverges', () => {
    expect(areDifferent(of({}), failed('diverged', 'NaN'))).toBe(true);
  });
});
