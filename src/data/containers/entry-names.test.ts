import { resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathsOfEntries } from './entry-names.ts';

describe('pathsOfEntries', () => {
  const step = fc.oneof(
    fc.constantFrom('..', '.', '', 'a', 'b', 'cat', '.hidden', 'Thumbs.db', 'C:', 'é'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const name = fc
    .array(fc.tuple(step, fc.constantFrom('/', '\\')), { minLength: 1, maxLength: 6 })
    .map((steps) => steps.flat().slice(0, -1).join(''));

  it('never gives a path that leads out, nor two entries one path, whatever the names are', () => {
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 8 }),
        fc.constantFrom('/' as const, '/\\' as const),
        (names, separators) => {
          const { entries, leftOut } = pathsOfEntries(names, separators);
          for (const [path, entry] of entries) {
            expect(names).toContain(entry);
            expect(resolve('/root/data', path).startsWith(`${sep}root${sep}data${sep}`)).toBe(true);
            expect(path.split('/')).not.toContain('');
            expect(path).not.toMatch(/\\|\0/);
          }
          expect(new Set(entries.values()).size).toBe(entries.size);
          expect(entries.size + leftOut.length).toBeLessThanOrEqual(names.length);
        },
      ),
    );
  });

  it('says why a name is left out, and nothing of folders and what systems leave', () => {
    const { entries, leftOut } = pathsOfEntries(['a/', '.', 'a/1', './a/1', '/b', '../c', '__MACOSX/d', 'a\tb'], '/');
    expect([...entries]).toEqual([['a/1', 'a/1']]);
    expect(leftOut).toEqual([
      { file: 'a/1', reason: 'a second entry of that name' },
      { file: '"/b"', reason: 'its name is not that of a file' },
      { file: '"../c"', reason: 'its name leads out of the archive' },
      { file: '"a\\tb"', reason: 'its name is not that of a file' },
    ]);
  });
});
