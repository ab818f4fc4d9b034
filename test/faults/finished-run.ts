// What a finished run came to, apart from times: the same whatever happened on the way.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { isLocked } from '../../src/files/lock.ts';
import type { FinalEntry } from '../../src/search/records/journal-entry.ts';
import type { SearchSummary } from '../../src/search/records/summary.ts';
import { readJournal } from '../../src/search/run/journal.ts';

export interface FinishedRun {
  /** Entries of the journal, by what they are about. */
  readonly entries: Readonly<Record<string, unknown>>;
  readonly summary: unknown;
  readonly generations: unknown;
  /** SHA-256 of `model.onnx`. */
  readonly model: string;
}

/** A final training whose weights were written before a kill is read from them. */
function withoutOrigin({ cached: _, ...entry }: Omit<FinalEntry, 'elapsedSeconds'>) {
  return entry;
}

/** Reads a run that is done, and checks that it holds nothing twice and nothing that is unfinished. */
export function readFinished(folder: string): FinishedRun {
  const entries = readJournal(join(folder, 'journal.jsonl')).map(({ elapsedSeconds, ...known }) => {
    const entry = known.type === 'final' ? withoutOrigin(known) : known;
    const name = [entry.type, entry.id, ...('from' in entry ? [entry.from] : [])].join(' ');
    return [name, { ...entry, seconds: 0 }] as const;
  });
  expect(new Set(entries.map(([name]) => name)).size).toBe(entries.length);
  const json = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const { seconds, searchSeconds, finalTrainingSeconds, ...summary } = json('summary.json') as SearchSummary;
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  // A lock that could not be removed, as of a run that was killed after its last file, is that of the dead.
  expect(isLocked(join(folder, 'lock'))).toBe(false);
  return {
    entries: Object.fromEntries(entries),
    summary,
    generations: json('generations.json'),
    model: createHash('sha256')
      .update(readFileSync(join(folder, 'model.onnx')))
      .digest('hex'),
  };
}
