// Remembers which packed data set a source became, so that it need not be read and decoded again. There is one small
// file per source, options and state of the source's files, so several processes may write at the same time.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { writeFileAtomically } from '../../files/write-file.ts';
import { type Dataset, type Preparation, preparationOf } from '../set/dataset.ts';
import { packedDatasetPath } from './cache-folder.ts';
import { readPackedDataset } from './packed-file.ts';

/**
 * A key that changes with the format, the options, the list of files, and the size and times of any file. The time of
 * the last status change is part of it: unlike that of the last modification, programs cannot set it back.
 *
 * @param options  what the result depends on; JSON-serialisable.
 */
export async function sourceKey(format: string, files: readonly string[], options: unknown): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([KEY_VERSION, format, options]));
  for (let from = 0; from < files.length; from += AT_A_TIME) {
    // Ten times as fast as asynchronous calls. Other work gets a turn between the pieces.
    await nextTurn();
    hash.update(JSON.stringify(files.slice(from, from + AT_A_TIME).map((file) => [file, ...stateOf(file)])));
  }
  return hash.digest('hex');
}

const AT_A_TIME = 1000;

/** Times are exact to a quarter of a microsecond; asking for nanoseconds takes three times as long. */
function stateOf(file: string): (number | undefined)[] {
  const stats = statSync(file, { throwIfNoEntry: false });
  return [stats?.size, stats?.mtimeMs, stats?.ctimeMs];
}

/** The data set that was remembered under `key`, or undefined if there is none or it is damaged. */
export async function recallDataset(
  cacheDir: string,
  key: string,
  memoryLimitBytes?: number,
): Promise<Dataset | undefined> {
  try {
    const entry = JSON.parse(await readFile(entryPath(cacheDir, key), 'utf8')) as Entry;
    const packed = await readPackedDataset(packedDatasetPath(entry.fingerprint, cacheDir), memoryLimitBytes);
    if (packed.fingerprint !== entry.fingerprint) return undefined;
    return ofSource(packed, entry);
  } catch {
    // Whatever is wrong with the cache, the source can still be read.
    return undefined;
  }
}

/** @throws {InvalidInputError} if it cannot be written. */
export async function rememberDataset(cacheDir: string, key: string, dataset: Dataset): Promise<void> {
  const { fingerprint, name, notes, sourceSize } = dataset;
  const entry: Entry = { fingerprint, name, notes, ...preparationOf(dataset), ...(sourceSize && { sourceSize }) };
  await writeFileAtomically(entryPath(cacheDir, key), [Buffer.from(JSON.stringify(entry))]);
}

/** Other sources with the same content share the packed file; name, preparation, size and notes belong to the source. */
export function ofSource(packed: Dataset, { name, notes, sourceSize, ...preparation }: SourceFacts): Dataset {
  const { pixelRange: _, ground: __, ...content } = packed;
  return { ...content, ...preparationOf(preparation), ...(sourceSize && { sourceSize }), name, notes };
}

/** What a packed file does not hold. */
type SourceFacts = Preparation & Pick<Dataset, 'name' | 'notes' | 'sourceSize'>;

/** To be raised when the same source becomes another data set, or gets other notes. */
const KEY_VERSION = 9;

type Entry = SourceFacts & Pick<Dataset, 'fingerprint'>;

const entryPath = (cacheDir: string, key: string): string => join(cacheDir, 'sources', `${key}.json`);
