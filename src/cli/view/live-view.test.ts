import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { evaluationStart, generationStart, progress, START } from '../../../test/support/made-up-run.ts';
import { createLiveView } from './live-view.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('the live view draws at most ten times a second, keeps what is over, and clears up', () => {
  const { stdout, written } = fakeTerminal();
  const view = createLiveView({
    stdout,
    stderr: stdout,
    env: {},
    command: 'auto-cnn',
    signal: new AbortController().signal,
  });
  view.show({ type: 'start', event: START });
  view.show(generationStart(0, ['max', 'mean', '8-8']));
  view.show(evaluationStart('max'));
  expect(written()).toContain('Run   /runs/mnist-1');
  expect(written()).not.toContain('epoch');

  const before = stdout.writes;
  for (let step = 1; step <= 1000; step++) view.show(progress('max', step, 1000));
  expect(stdout.writes).toBe(before);
  vi.advanceTimersByTime(1000);
  expect(stdout.writes - before).toBeLessThanOrEqual(10);
  expect(written()).toContain('● max');
  expect(written()).toContain('0/9 networks');

  view.stop();
  const stopped = stdout.writes;
  view.stop();
  vi.advanceTimersByTime(1000);
  expect(stdout.writes).toBe(stopped);
  expect(stdout.listenerCount('resize')).toBe(0);
});

it('the live view is drawn as a whole when it becomes higher', () => {
  const { stdout, written } = fakeTerminal();
  const view = createLiveView({
    stdout,
    stderr: stdout,
    env: {},
    command: 'auto-cnn',
    signal: new AbortController().signal,
  });
  view.show({ type: 'start', event: START });
  view.show(generationStart(0, ['max', 'mean']));
  vi.advanceTimersByTime(200);
  const before = written().length;
  view.show(generationStart(0, ['8-8']));
  vi.advanceTimersByTime(200);
  expect(written().slice(before)).toContain('Generation 0 of 2');
  view.stop();
});

it('the live view shows the loading of data', () => {
  const { stdout, written } = fakeTerminal();
  const view = createLiveView({
    stdout,
    stderr: stdout,
    env: {},
    command: 'auto-cnn',
    signal: new AbortController().signal,
  });
  view.loading(30, 60);
  vi.advanceTimersByTime(200);
  expect(written()).toContain('Loading the data  ██████████░░░░░░░░░░  30/60');
  view.stop();
});

function fakeTerminal() {
  let text = '';
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24, writes: 0 });
  stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    stdout.writes++;
  });
  return { stdout, written: () => stripVTControlCharacters(text) };
}
