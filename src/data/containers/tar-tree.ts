// The files of a tar archive, compressed by gzip or not. It has no directory: every reading goes from its start to its end.

import { mapConcurrently } from '../../concurrency.ts';
import { formatError } from '../../files/format-error.ts';
import { compareCodePoints } from '../labels/class-names.ts';
import { pathsOfEntries } from './entry-names.ts';
import { type FileTree, missingFile } from './file-tree.ts';
import { tarFiles } from './tar.ts';

/**
 * Lists a tar archive. Of two entries with one name, the first counts.
 *
 * @throws as `tarFiles` does.
 */
export async function tarTree(path: string, signal?: AbortSignal): Promise<FileTree> {
  const names = new Set<string>();
  const links: string[] = [];
  const list = (name: string): boolean => names.add(name).size < 0;
  for await (const _ of tarFiles(path, list, signal, (name) => links.push(name)));
  const { entries, leftOut } = pathsOfEntries(names, '/');
  const linked = [...pathsOfEntries(links, '/').entries.keys()];
  const readAll = async <T>(
    files: readonly string[],
    use: (index: number, bytes: () => Promise<Uint8Array>) => Promise<T>,
    stop?: AbortSignal,
  ): Promise<T[]> => {
    const wanted = new Map<string, number[]>();
    for (const [index, file] of files.entries()) {
      const name = entries.get(file) ?? missingFile(path, file);
      wanted.set(name, [...(wanted.get(name) ?? []), index]);
    }
    return readInOrder(path, wanted, use, stop);
  };
  return {
    root: path,
    files: [...entries.keys()].sort(compareCodePoints),
    leftOut: [...leftOut, ...linked.map((file) => ({ file, reason: 'a link in the archive; those are not followed' }))],
    notes: [],
    readAll,
    async read(file) {
      const [content] = await readAll([file], (_, bytes) => bytes());
      return content ?? missingFile(path, file);
    },
  };
}

/** How much may wait to be decoded. */
const WAITING = { files: 256, bytes: 2 ** 24 };

/** @param wanted  positions by name; each name is taken out once it has been found. */
async function readInOrder<T>(
  path: string,
  wanted: Map<string, readonly number[]>,
  use: (index: number, bytes: () => Promise<Uint8Array>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const results: T[] = [];
  let waiting: { readonly index: number; readonly content: Uint8Array }[] = [];
  let bytes = 0;
  const readWaiting = async (): Promise<void> => {
    const readOne = async ({ index, content }: (typeof waiting)[number]): Promise<void> => {
      results[index] = await use(index, async () => content);
    };
    await mapConcurrently(waiting, readOne, { signal });
    waiting = [];
    bytes = 0;
  };
  if (wanted.size === 0) return results;
  for await (const { name, content } of tarFiles(path, (entry) => wanted.has(entry), signal)) {
    waiting.push(...(wanted.get(name) ?? []).map((index) => ({ index, content })));
    wanted.delete(name);
    bytes += content.length;
    if (waiting.length >= WAITING.files || bytes >= WAITING.bytes) await readWaiting();
    if (wanted.size === 0) break;
  }
  await readWaiting();
  for (const [name] of wanted) {
    throw formatError(path, { offset: 0 }, `${name} disappeared while the archive was read`, 'read it again');
  }
  return results;
}
