import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { coloursFor, isInteractive, showsUnicode } from './terminal.ts';

const tty = Object.assign(new PassThrough(), { isTTY: true });
const pipe = new PassThrough();

describe('colours', () => {
  it.each([
    ['in a terminal', tty, {}, true],
    ['in a pipe', pipe, {}, false],
    ['in a pipe of a CI', pipe, { CI: 'true' }, false],
    ['with NO_COLOR', tty, { NO_COLOR: '1' }, false],
    ['with an empty NO_COLOR', tty, { NO_COLOR: '' }, true],
    ['with FORCE_COLOR in a pipe', pipe, { FORCE_COLOR: '1' }, true],
    ['with FORCE_COLOR=0', tty, { FORCE_COLOR: '0' }, false],
    ['with NO_COLOR and FORCE_COLOR', tty, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['in a dumb terminal', tty, { TERM: 'dumb' }, false],
  ] as const)('%s: as expected', (_, output, env, expected) => {
    expect(coloursFor(output, env).isColorSupported).toBe(expected);
  });
});

it('the view is live in a terminal that can move its cursor, and only there', () => {
  const signal = new AbortController().signal;
  const interactive = (stdout: typeof pipe, env: Record<string, string>) =>
    isInteractive({ stdout, stderr: pipe, env, command: 'auto-cnn', signal });
  expect(interactive(tty, {})).toBe(true);
  expect(interactive(tty, { TERM: 'dumb' })).toBe(false);
  expect(interactive(pipe, {})).toBe(false);
});

it.each([
  [{}, true],
  [{ LANG: 'de_DE.UTF-8' }, true],
  [{ LANG: 'C.utf8', TERM: 'linux' }, false],
  [{ LANG: 'de_DE.ISO-8859-1' }, false],
  [{ LC_ALL: 'C', LANG: 'C.UTF-8' }, false],
  [{ LC_ALL: '', LC_CTYPE: 'C.UTF-8', LANG: 'C' }, true],
])('%o shows Unicode: %s', (env, expected) => {
  expect(showsUnicode({ env })).toBe(expected);
});
