// docs/parity.md claims, row by row, that tests prove it: each test that it names must run and assert something.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { proofsIn } from './support/proofs.ts';

const root = new URL('../', import.meta.url);
const table = readFileSync(new URL('docs/parity.md', root), 'utf8');
const citations = [...table.matchAll(/`((?:src|test)\/[^`]+\.ts)` › (.*?)(?=<br>| \|)/g)];

describe('docs/parity.md', () => {
  it('names a test after each file', () => {
    expect(citations.length).toBeGreaterThan(80);
    // But for this file.
    expect(citations.length).toBe((table.match(/`(src|test)\/[^`]+\.ts`/g) ?? []).length - 1);
  });

  it('names tests that run and assert', () => {
    const proofs = new Map<string, ReadonlySet<string>>();
    const missing = citations.filter(([, path = '', name = '']) => {
      if (!proofs.has(path)) proofs.set(path, readProofs(path));
      return !proofs.get(path)?.has(name);
    });
    expect(missing.map(([citation]) => citation)).toEqual([]);
  });
});

describe('a test', () => {
  it.each([
    ['it', "it('adds', () => { expect(1 + 1).toBe(2); });"],
    ['it, for each case', "it.each([1, 2])('adds', (n) => { expect(n + n).toBe(2 * n); });"],
    ['it, where it can run', "it.runIf(isLinux)('adds', () => { expect(1 + 1).toBe(2); });"],
    ['a group', "describe('adds', () => { it('one', () => { expect(1 + 1).toBe(2); }); });"],
    ['a function that asserts', "it('adds', () => check(2)); function check(n) { expect(n).toBe(2); }"],
  ])('counts as %s', (_, source) => {
    expect(proofsIn(source)).toContain('adds');
  });

  it.each([
    ['is only named in a comment', "// it('adds')"],
    ['asserts nothing', "it('adds', () => { 1 + 1; });"],
    ['is skipped', "it.skip('adds', () => { expect(1 + 1).toBe(2); });"],
    ['is in a group that is skipped', "describe.skip('all', () => { it('adds', () => { expect(1 + 1).toBe(2); }); });"],
    ['is yet to be written', "it.todo('adds');"],
    ['has another title', "it('adds numbers', () => { expect(1 + 1).toBe(2); });"],
  ])('does not count if it %s', (_, source) => {
    expect(proofsIn(source)).not.toContain('adds');
  });
});

function readProofs(path: string): ReadonlySet<string> {
  const file = new URL(path, root);
  return existsSync(file) ? proofsIn(readFileSync(file, 'utf8')) : new Set();
}
