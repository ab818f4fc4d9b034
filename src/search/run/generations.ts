// `generations.json`: how the population did in each generation, for those who want to know how a search went.

import type { EventEmitter } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import type { GenerationEvent, SearchEvents } from '../records/events.ts';
import { type RunFolder, readJson } from './run-folder.ts';

/** One entry a completed generation, from 0. */
export type GenerationRecord = Pick<GenerationEvent, 'generation' | 'population' | 'best'>;

/** Writes the file anew after each generation; a resumed search goes through all of them again. */
export function recordGenerations(search: EventEmitter<SearchEvents>, { generations: path }: RunFolder): void {
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
