import { describe, expect, it } from 'vitest';
import {
  entryOf,
  evaluationStart,
  failureOf,
  generationStart,
  progress,
  START,
  stateAfter,
} from '../../../test/support/made-up-run.ts';
import { finalEpochs, type RunEvent, secondsLeft, updateRunState } from './run-state.ts';

const evaluation = (entry: ReturnType<typeof entryOf>): RunEvent => ({ type: 'evaluation', event: entry });

describe('the state of a run', () => {
  it('is nothing before the start', () => {
    expect(updateRunState(undefined, evaluationStart('max'), 0)).toBeUndefined();
  });

  it('counts the validation part of the data to the epochs of the final training', () => {
    const [config, dataset] = [{ ...START.config, validation: 'part' as const }, START.dataset];
    const done = { startedAt: 0, step: 1000, totalSteps: 2000 };
    expect(finalEpochs({ ...START, config, dataset: { ...dataset, validationExamples: 4000 } }, done)).toEqual({
      epoch: 2,
      total: 2,
    });
    expect(finalEpochs(START, done).total).toBe(3);
  });

  it('counts each genome once, and lowers the total by those that were known', () => {
    const first = stateAfter(generationStart(0, ['max', 'mean', 'max']));
    expect(first.candidates.map(({ genome }) => genome)).toEqual(['max', 'mean']);
    expect(first.total).toBe(2 + 3 + 3);
    const second = stateAfter(
      generationStart(0, ['max', 'mean', '8-8']),
      evaluation(entryOf('max', 0.5)),
      evaluation(entryOf('mean', 0.6)),
      evaluation(entryOf('8-8', 0.4)),
      generationStart(1, ['max', 'mean-8-8', 'max-8-8'], [entryOf('max', 0.5)]),
    );
    expect(second.known.size).toBe(3);
    expect(second.total).toBe(3 + 2 + 3);
  });

  it('keeps what is in training and what is done in the generation when single genomes are asked for', () => {
    const events = [
      generationStart(0, ['max', 'mean', '8-8']),
      evaluation(entryOf('max', 0.5)),
      generationStart(0, ['max-8-8']),
      evaluation(entryOf('mean', 0.6)),
      generationStart(0, ['max'], [entryOf('max', 0.5)]),
    ];
    const genomes = (state: ReturnType<typeof stateAfter>) => state.candidates.map(({ genome }) => genome);
    const before = stateAfter(...events);
    expect(genomes(before)).toEqual(['max', 'mean', '8-8', 'max-8-8']);
    expect(before.total).toBe(2 + 2 + 4);
    const after = stateAfter(...events, evaluation(entryOf('8-8', 0.4)), generationStart(1, ['mean-8-8']));
    expect(genomes(after)).toEqual(['max-8-8', 'mean-8-8']);
    expect(after.total).toBe(3 + 2 + 3);
  });

  it('takes what the journal answers for done', () => {
    const state = stateAfter(generationStart(0, ['max', 'mean', '8-8'], [entryOf('max', 0.5), failureOf('mean')]));
    expect(state.known.size).toBe(2);
    expect(state.best?.genome).toBe('max');
  });

  it('keeps the first of equals as the best, and never a failure', () => {
    const events = [failureOf('8-8'), entryOf('max', 0.5), entryOf('mean', 0.5), entryOf('', 0.4)].map(evaluation);
    const state = stateAfter(generationStart(0, ['8-8', 'max', 'mean', '']), ...events);
    expect(state.best?.genome).toBe('max');
  });

  it('takes the networks of a front as candidates again, until they are done once more', () => {
    const front: RunEvent = { type: 'frontStart', event: { genomes: ['max'], epochs: [3] } };
    const events = [
      generationStart(0, ['max', 'mean']),
      ...[entryOf('max', 0.5), entryOf('mean', 0.6)].map(evaluation),
    ];
    const begun = stateAfter(...events, front);
    expect(begun.candidates.map(({ genome }) => genome)).toEqual(['max']);
    expect([...begun.known.keys()]).toEqual(['mean']);
    const done = stateAfter(...events, front, evaluation({ ...entryOf('max', 0.9), refined: true }));
    expect(done.known.size).toBe(2);
    expect(done.best).toMatchObject({ genome: 'max', fitness: 0.9 });
  });

  it('follows a training from its start', () => {
    const state = stateAfter(generationStart(0, ['max', 'mean']), evaluationStart('max'), progress('max', 30));
    expect(state.candidates[0]?.training).toEqual({ startedAt: 2000, step: 30, totalSteps: 100 });
    expect(state.candidates[1]?.training).toBeUndefined();
  });
});

describe('the time left', () => {
  it('is unknown until something was measured', () => {
    const begun = stateAfter(generationStart(0, ['max']), evaluationStart('max'), progress('max', 10));
    expect(secondsLeft(begun, 4000)).toBeUndefined();
  });

  it('comes from a running training once that tells something', () => {
    const state = stateAfter(generationStart(0, ['max', 'mean', '8-8']), evaluationStart('max'), progress('max', 50));
    // 10 s for half of one: 20 s each, 8.5 left, 2 at a time; then the final training on 1/0.9 of the images.
    expect(secondsLeft(state, 12_000)).toBeCloseTo((8.5 * 20) / 2 + 20 / 0.9);
  });

  it('comes from finished trainings when there are any', () => {
    const state = stateAfter(generationStart(0, ['max', 'mean', '8-8']), evaluation(entryOf('max', 0.5, 6)));
    expect(secondsLeft(state, 12_000)).toBeCloseTo((8 * 6) / 2 + 6 / 0.9);
  });

  it('is that of the final training in the end', () => {
    const final: RunEvent[] = [
      { type: 'finalStart', event: { id: 'max', genome: 'max', repeat: 1 } },
      { type: 'finalProgress', event: { id: 'max', genome: 'max', progress: { step: 25, totalSteps: 100 } } },
    ];
    const state = stateAfter(...final);
    expect(state.final).toMatchObject({ genome: 'max', step: 25 });
    expect(secondsLeft(state, 11_000)).toBeCloseTo(30);
  });

  it('shows of several final trainings the one with the least done, and counts those that wait', () => {
    const start = (repeat: number): RunEvent => ({
      type: 'finalStart',
      event: { id: `${repeat}`, genome: 'max', repeat },
    });
    const at = (id: string, step: number): RunEvent => ({
      type: 'finalProgress',
      event: { id, genome: 'max', progress: { step, totalSteps: 100 } },
    });
    const config = { ...START.config, repeats: 5 };
    const begin: RunEvent = { type: 'start', event: { ...START, config } };
    const state = stateAfter(begin, start(1), start(2), at('1', 80), at('2', 50));
    expect(state.final).toMatchObject({ repeat: 2, step: 50 });
    // 10 s for half of one: as long again, then two more rounds of two workers.
    expect(secondsLeft(state, 13_000)).toBeCloseTo(10 + 2 * 20);
    const { fitness: _, ...described } = entryOf('max', 0);
    const ended: RunEvent = { type: 'final', event: { ...described, type: 'final', id: '2' } };
    expect(updateRunState(state, ended, 0)?.final).toMatchObject({ repeat: 1, step: 80 });
  });
});
