// Same bits on every platform: what decides, or enters a graph, uses only arithmetic that is the same everywhere.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findPlatformDependence } from './support/platform-dependence.ts';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** Folders that neither decide nor compute what enters a graph, a journal or a configuration. */
const EXEMPT = [
  // Words for people.
  'cli/',
  // Drawings.
  'report/',
];

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .filter((path) => !EXEMPT.some((folder) => path.startsWith(folder)));

describe('what decides or computes', () => {
  it('uses nothing whose result depends on the platform', () => {
    expect(sources.length).toBeGreaterThan(150);
    expect(sources.flatMap((path) => findPlatformDependence(path, textOf(path)))).toEqual([]);
  });

  it.each([
    ['rate * 0.5 ** step', '0.5 ** step'],
    ['2 ** step', '2 ** step'],
    ['(rate **= 2)', 'rate **= 2'],
    ['Math.cos(angle)', 'Math'],
    ['Math.pow(2, 3)', 'Math'],
    ['Math["exp"](1)', 'Math'],
    ['[1, 2].map(Math.log)', 'Math'],
    ['globalThis.Math.sin(1)', 'Math'],
    ['(({ tanh }) => tanh(1))(Math)', 'Math'],
    ['names.sort((a, b) => a.localeCompare(b))', 'localeCompare'],
    ['new Intl.Collator().compare', 'Intl'],
    ['count.toLocaleString()', 'toLocaleString'],
    ['count.toLocaleString(language)', 'toLocaleString'],
    ['new Date("2020-01-01")', 'Date'],
    ['Date.parse(text)', 'Date'],
    ['names.toSorted((a, b) => (a < b ? -1 : 1))', 'a < b ? -1 : 1'],
  ])('must not use %s', (planted, found) => {
    const path = 'random/rng.ts';
    const text = `${textOf(path)}export const planted = ${planted};\n`;
    const line = text.split('\n').length - 1;
    expect(findPlatformDependence(path, text)).toEqual([`${path}:${line}: ${found}`]);
  });

  it.each([
    '2 ** 31 - 2 ** -14',
    'BigInt(sum) ** 2n',
    'Math.sqrt(Math.max(Math.PI, Math.fround(x)))',
    'count.toLocaleString("en-US")',
    'Date.now()',
    'names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))',
    'step < 0 ? -1 : 1',
    '"Math.cos(x) ** y"',
  ])('may use %s', (text) => {
    expect(findPlatformDependence('planted.ts', `export const planted = ${text};`)).toEqual([]);
  });
});

function textOf(path: string): string {
  return readFileSync(join(src, path), 'utf8');
}
