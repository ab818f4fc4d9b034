import { stripVTControlCharacters } from 'node:util';
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
import { coloursFor } from '../terminal.ts';
import { renderFrame } from './live-frame.ts';
import type { RunEvent, RunState } from './run-state.ts';

const PLAIN = coloursFor(process.stdout, { NO_COLOR: '1' });
const COLOURED = coloursFor(process.stdout, { FORCE_COLOR: '1' });
const LONG = '16-16-mean-16-32-max-mean-32-8-64-64-64-64-64-64-mean-64-64';

const busy = stateAfter(
  generationStart(1, ['32-8-max', LONG, '8-8', '', 'max'], [entryOf('32-8-max', 0.9033)]),
  evaluationStart(LONG),
  progress(LONG, 60),
  { type: 'evaluation', event: failureOf('8-8') },
  { type: 'evaluation', event: entryOf('', 0.8) },
);

/** A generation of offspring that wait, bred from survivors. */
function bred(offspring: number, survivors: number): RunState {
  const population = Array.from({ length: survivors }, (_, i) => ({
    genome: `16-16${'-max'.repeat(Math.min(i, 4))}${'-8-8'.repeat(Math.max(0, i - 4))}`,
    fitness: 0.88 + i / 100,
  }));
  const best = population[0] ?? { genome: '', fitness: 0 };
  const genomes = Array.from(
    { length: offspring },
    (_, i) => `8-8${'-max'.repeat((i % 4) + 1)}${'-8-8'.repeat(i >> 2)}`,
  );
  const generation: RunEvent = { type: 'generation', event: { generation: 0, generations: 2, population, best } };
  return stateAfter(generation, generationStart(1, genomes));
}

const render = (state: RunState, columns: number, rows = 24): string =>
  renderFrame(state, { columns, rows }, 12_000, PLAIN).join('\n');

describe('the live view', () => {
  it('shows every candidate, the best and the time left in 80 columns', () => {
    expect(render(busy, 80)).toBe(`
Generation 1 of 2
✔ 32-8-max                                       18,418  90.33 %
● 16-16-mean-16-32-max…64-64-64-mean-64-64      299,978  epoch 2/2 ██████░░░░
✖ 8-8                                            63,442  failed: timeout
✔ (no layers)                                     7,850  80.00 %
· max                                             1,970  waiting

Best  90.33 %  32-8-max  ▁▁▁
███████░░░░░░░░░░░░░  3/9 networks  12 s, about 38 s left`);
  });

  it('leaves the parameters out when it is narrow', () => {
    expect(render(busy, 40)).toBe(`
Generation 1 of 2
✔ 32-8-max          90.33 %
● 16-16-me…n-64-64  epoch 2/2 ██████░░…
✖ 8-8               failed: timeout
✔ (no layers)       80.00 %
· max               waiting

Best  90.33 %  32-8-max  ▁▁▁
3/9 networks  12 s, about 38 s left`);
  });

  it.each([20, 30, 41, 60, 79, 80, 100, 200])('is never wider than %i columns', (columns) => {
    const lines = renderFrame(busy, { columns, rows: 24 }, 12_000, COLOURED).map(stripVTControlCharacters);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(Math.max(columns, 21));
  });

  it.each([8, 9, 10])('is never higher than %i rows, and shows what is in training', (rows) => {
    const frame = render(busy, 80, rows);
    expect(frame.split('\n').length).toBeLessThan(rows);
    expect(frame).toContain('● 16-16-mean');
    expect(frame).toMatch(/… and \d more/);
  });

  it('draws the best so far as a curve, evaluation by evaluation', () => {
    const outcomes = [failureOf('max'), entryOf('8-8', 0.5), entryOf('', 0.3), entryOf('mean', 0.7)];
    const evaluations = outcomes.map((event): RunEvent => ({ type: 'evaluation', event }));
    const state = stateAfter(generationStart(0, ['max', '8-8', '', 'mean']), ...evaluations);
    expect(render(state, 80)).toContain('Best  70.00 %  mean  ▁▁█\n');
  });

  it('shows the survivors of the last generation below its offspring, the fittest first', () => {
    expect(render(bred(3, 3), 80)).toBe(`
Generation 1 of 2
· 8-8-max                                        16,402  waiting
· 8-8-max-max                                     4,642  waiting
· 8-8-max-max-max                                 1,442  waiting

Population
  16-16-max-max                                  10,426  90.00 %
  16-16-max                                      33,946  89.00 %
  16-16                                         128,026  88.00 %

░░░░░░░░░░░░░░░░░░░░  0/9 networks  12 s`);
  });

  it.each([
    [20, 20, 24, 8, 7],
    [4, 20, 24, 4, 11],
    [20, 4, 24, 11, 4],
    [20, 20, 12, 6, 0],
  ])('%i candidates and %i survivors share %i rows', (offspring, survivors, rows, shown, members) => {
    const lines = renderFrame(bred(offspring, survivors), { columns: 80, rows }, 2000, PLAIN);
    expect(lines.length).toBeLessThan(rows);
    expect(lines.filter((line) => line.startsWith('·'))).toHaveLength(shown);
    expect(lines.filter((line) => /^ {2}\S.* %$/.test(line))).toHaveLength(members);
  });

  it('shows the final training epoch by epoch, then the scoring', () => {
    const at = (step: number, epoch?: number, total = 2): RunEvent => ({
      type: 'finalProgress',
      event: {
        id: 'max',
        genome: 'max',
        progress: {
          step: 938 * step,
          totalSteps: 938 * total,
          ...(epoch && { epoch: { epoch, loss: 0.1234, accuracy: 0.97 } }),
        },
      },
    });
    const start: RunEvent = { type: 'finalStart', event: { id: 'max', genome: 'max', repeat: 1 } };
    const half = render(stateAfter(start, at(1, 1), at(1.2)), 80);
    expect(half).toContain(
      'Final training of max on all training images\n✔ epoch 1/2   loss 0.1234   accuracy 97.00 %\n',
    );
    const parts = { ...START, dataset: { ...START.dataset, validationExamples: 4000 } };
    expect(render(stateAfter({ type: 'start', event: parts }, start, at(1, 1)), 80)).toContain(
      'Final training of max on all training and validation images\n',
    );
    expect(half).toContain('● epoch 2/2   ████████████░░░░░░░░');
    expect(render(stateAfter(start, at(1, 1), at(2, 2)), 80)).toContain('● scoring the test images');
  });

  it('names the machine that does the final training, as long as it is not this one', () => {
    const at = (step: number, machine?: string): RunEvent => ({
      type: 'finalProgress',
      event: { id: 'max', genome: 'max', progress: { step, totalSteps: 100, ...(machine && { machine }) } },
    });
    const epoch: RunEvent = {
      type: 'finalProgress',
      event: {
        id: 'max',
        genome: 'max',
        progress: { step: 3, totalSteps: 100, epoch: { epoch: 1, loss: 1, accuracy: 1 } },
      },
    };
    const start: RunEvent = { type: 'finalStart', event: { id: 'max', genome: 'max', repeat: 1 } };
    expect(render(stateAfter(start, at(1, 'big'), epoch), 80)).toContain('on all training images, by big\n');
    expect(render(stateAfter(start, at(1, 'big'), epoch, at(4)), 80)).toContain('on all training images\n');
  });

  it('counts the epochs of a final training that has become longer or shorter in its midst', () => {
    const at = (step: number, total: number): RunEvent => ({
      type: 'finalProgress',
      event: { id: 'max', genome: 'max', progress: { step: 938 * step, totalSteps: Math.round(938 * total) } },
    });
    const start: RunEvent = { type: 'finalStart', event: { id: 'max', genome: 'max', repeat: 1 } };
    expect(render(stateAfter(start, at(1.5, 2)), 80)).toContain('● epoch 2/2 ');
    expect(render(stateAfter(start, at(1.5, 2), at(3, 5.5)), 80)).toContain('● epoch 4/6 ');
    expect(render(stateAfter(start, at(0.5, 2), at(0.5, 1)), 80)).toContain('● epoch 1/1 ');
  });

  it('has no control characters without colour', () => {
    const frame = render(busy, 80);
    expect(stripVTControlCharacters(frame)).toBe(frame);
  });
});
