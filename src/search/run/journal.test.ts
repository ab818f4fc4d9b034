import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalError } from '../../errors.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import { Journal, readJournal } from './journal.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'auto-cnn-journal-'));
  path = join(folder, 'journal.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('Journal', () => {
  it('gives back what was appended, after closing and opening, with exact numbers', () => {
    const entries = [entry('a', 0.1 + 0.2), entry('b', 1 / 3), entry('c "quoted" \n ü', 0)];
    write(entries);
    const opened = Journal.open(path);
    opened.journal.append(entry('d', 0.5));
    opened.journal.close();
    expect(opened).toMatchObject({ entries, recovered: false });
    expect(readJournal(path)).toEqual([...entries, entry('d', 0.5)]);
  });

  it('names format and version in its first line', () => {
    write([]);
    expect(readFileSync(path, 'utf8')).toMatch(/^\{"format":"auto-cnn journal","version":1,"check":"[0-9a-f]{8}"\}\n$/);
  });

  it('drops a torn last line, wherever it was torn, and goes on from there', () => {
    write([entry('a', 0.5), entry('b', 0.6)]);
    const whole = readFileSync(path);
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let length = lastLine + 1; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const { entries, recovered, journal } = Journal.open(path);
      expect({ ids: entries.map(({ id }) => id), recovered }).toEqual({ ids: ['a'], recovered: true });
      journal.append(entry('b', 0.6));
      journal.close();
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
  });

  it('drops a last line whose blocks were never written', () => {
    write([entry('a', 0.5)]);
    appendFileSync(path, `${'\0'.repeat(200)}\n`);
    const { entries, recovered, journal } = Journal.open(path);
    journal.close();
    expect([entries.length, recovered]).toEqual([1, true]);
  });

  it('starts anew if even the first line was torn', () => {
    writeFileSync(path, '{"format":"auto-c');
    const { entries, recovered, journal } = Journal.open(path);
    journal.append(entry('a', 0.5));
    journal.close();
    expect([entries, recovered]).toEqual([[], true]);
    expect(readJournal(path)).toEqual([entry('a', 0.5)]);
  });

  it('reports any other damage with file and line, and changes nothing', () => {
    write([entry('a', 0.5), entry('b', 0.6), entry('c', 0.7)]);
    const whole = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(whole.lastIndexOf('\n', whole.length - 2)), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        writeFileSync(path, damaged);
        const line = whole.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
        const error = catchError(() => Journal.open(path));
        expect(error).toBeInstanceOf(JournalError);
        expect([line, line + 1]).toContain((error as JournalError).details.line);
        expect((error as JournalError).message).toContain(`${path}, line `);
        expect(readFileSync(path).equals(damaged)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a journal of another version', () => {
    write([]);
    const other = readFileSync(path, 'utf8').replace('"version":1', '"version":2');
    writeFileSync(path, other);
    expect(() => Journal.open(path)).toThrow(JournalError);
  });

  it('refuses what cannot be opened', () => {
    expect(() => Journal.open(join(folder, 'missing', 'journal.jsonl'))).toThrow(/cannot be opened: ENOENT/);
  });
});

function entry(id: string, fitness: number): EvaluationEntry {
  const history = [{ epoch: 1, loss: 0.3, accuracy: fitness, validationAccuracy: fitness }];
  const outcome = { genome: '8-8', fitness, history, bestEpoch: 1 };
  return { type: 'evaluation', id, ...outcome, parameters: 10, flops: 20, seconds: 1.5, elapsedSeconds: 3 };
}

function write(entries: readonly EvaluationEntry[]): void {
  const { journal } = Journal.open(path);
  for (const each of entries) journal.append(each);
  journal.close();
}

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
