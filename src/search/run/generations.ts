// `generations.json`: how the population did in each generation, for those who want to know how a search went.

import { existsSync, writeFileSync } from 'node:fs';
import type { SearchEmitter } from '../records/events.ts';
import type { GenerationRecord } from '../records/generation-record.ts';
import type { RunFolder } from '../records/run-folder.ts';
import { readJson } from './run-folder.ts';

/** Writes the file anew after each generation; a resumed search goes through all of them again. */
export function recordGenerations(search: SearchEmitter, { generations: path }: RunFolder): void {
  const records: GenerationRecord[] = [];
  search.on('generation', ({ generation, population, best }) => {
    records.push({ generation, population, best });
    writeFileSync(path, `${JSON.stringify(records)}\n`);
  });
}

/**
 * Undefined if no generation is complete, or the run is of a version that did not write them.
 *
 * @throws {InvalidInputError} if it is no JSON.
 */
export function readGenerations({ generations }: RunFolder): readonly GenerationRecord[] | undefined {
  return existsSync(generations) ? (readJson(generations, 'the generations') as GenerationRecord[]) : undefined;
}
