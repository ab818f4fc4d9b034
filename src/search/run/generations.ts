// `generations.json`: how the population did in each generation, for those who want to know how a search went.

import { existsSync } from 'node:fs';
import { InvalidInputError } from '../../errors.ts';
import { writeFileAtomicallySync } from '../../files/write-file.ts';
import type { SearchEmitter } from '../records/events.ts';
import type { GenerationRecord } from '../records/generation-record.ts';
import type { RunFolder } from '../records/run-folder.ts';
import { readJson } from './run-folder.ts';

/**
 * Writes the file anew after each generation; a resumed search goes through all of them again. If it cannot be written, the
 * search goes on with a notice: the journal has all that it is made of.
 */
export function recordGenerations(search: SearchEmitter, { generations: path }: RunFolder): void {
  const records: GenerationRecord[] = [];
  let hasFailed = false;
  search.on('generation', ({ generation, population, best }) => {
    records.push({ generation, population, best });
    try {
      writeFileAtomicallySync(path, `${JSON.stringify(records)}\n`);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      if (!hasFailed)
        search.emit('notice', `${error.message} The search goes on; the report will lack the generations.`);
      hasFailed = true;
    }
  });
}

/**
 * Undefined if no generation is complete, the run is of a version that did not write them, or they could not be written.
 *
 * @throws {InvalidInputError} if it is no JSON.
 */
export function readGenerations({ generations }: RunFolder): readonly GenerationRecord[] | undefined {
  return existsSync(generations) ? (readJson(generations, 'the generations') as GenerationRecord[]) : undefined;
}
