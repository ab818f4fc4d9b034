import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../', import.meta.url);
const table = readFileSync(new URL('docs/parity.md', root), 'utf8');
const citations = [...table.matchAll(/`((?:src|test)\/[^`]+\.ts)` › (.*?)(?=<br>| \|)/g)];

it('docs/parity.md names tests that exist', () => {
  expect(citations.length).toBeGreaterThan(80);
  // Every file that is named is followed by the name of a test, but for this one.
  expect(citations.length).toBe((table.match(/`(src|test)\/[^`]+\.ts`/g) ?? []).length - 1);
  const missing = citations.filter(([, path = '', name = '']) => {
    const file = new URL(path, root);
    return !existsSync(file) || !readFileSync(file, 'utf8').includes(name);
  });
  expect(missing.map(([citation]) => citation)).toEqual([]);
});
