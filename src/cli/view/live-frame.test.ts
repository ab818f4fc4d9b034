import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  entryOf,
  evaluationStart,
  failureOf,
  generationStart,
  progress,
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

const render = (state: RunState, columns: number, rows = 24): string =>
  renderFrame(state, { columns, rows }, 12_000, PLAIN).join('\n');

describe('the live view', () => {
  it('shows every candidate, the best and the time left in 80 columns', () => {
    expect(render(busy, 80)).toBe(`
Generation 1 of 2
✔ 32-8-max                                       18,418  90.33 %
● 16-16-mean-16-32-max-mean-32-8-64-64-64…      299,978  epoch 2/2 ██████░░░░
✖ 8-8                                            63,442  failed: timeout
✔ (no layers)                                     7,850  80.00 %
· max                                             1,970  waiting

Best  90.33 %  32-8-max
███████░░░░░░░░░░░░░  3/9 networks  12 s, about 38 s left`);
  });

  it('leaves the parameters out when it is narrow', () => {
    expect(render(busy, 40)).toBe(`
Generation 1 of 2
✔ 32-8-max          90.33 %
● 16-16-mean-16-3…  epoch 2/2 ██████░░…
✖ 8-8               failed: timeout
✔ (no layers)       80.00 %
· max               waiting

Best  90.33 %  32-8-max
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

  it('draws the best of the generations as a curve', () => {
    const event = { generations: 2, population: [], best: { genome: 'max', fitness: 0.5 } };
    const generations: RunEvent[] = [0.5, 0.7].map((fitness, generation) => ({
      type: 'generation',
      event: { ...event, generation, best: { genome: 'max', fitness } },
    }));
    const state = stateAfter(generationStart(0, ['max'], [entryOf('max', 0.7)]), ...generations);
    expect(render(state, 80)).toContain('Best  70.00 %  max  ▁█');
  });

  it('shows the final training epoch by epoch, then the scoring', () => {
    const at = (step: number, epoch?: number): RunEvent => ({
      type: 'finalProgress',
      event: {
        id: 'max',
        genome: 'max',
        progress: { step, totalSteps: 100, ...(epoch && { epoch: { epoch, loss: 0.1234, accuracy: 0.97 } }) },
      },
    });
    const start: RunEvent = { type: 'finalStart', event: { id: 'max', genome: 'max', repeat: 1 } };
    const half = render(stateAfter(start, at(50, 1), at(60)), 80);
    expect(half).toContain(
      'Final training of max on all training images\n✔ epoch 1/2   loss 0.1234   accuracy 97.00 %\n',
    );
    expect(half).toContain('● epoch 2/2   ████████████░░░░░░░░');
    expect(render(stateAfter(start, at(50, 1), at(100, 2)), 80)).toContain('● scoring the test images');
  });

  it('has no control characters without colour', () => {
    const frame = render(busy, 80);
    expect(stripVTControlCharacters(frame)).toBe(frame);
  });
});
