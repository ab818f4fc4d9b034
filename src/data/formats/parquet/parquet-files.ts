// The Parquet files of a folder, by part.

import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { fileFailure } from '../../../files/file-failure.ts';
import { partOf } from '../../labels/part-words.ts';
import type { Part } from '../../set/source.ts';
import { type PartFiles, withTraining } from '../part-files.ts';

/**
 * The files of one data set: they lie in the folder, in `data`, in a folder of a configuration, or in folders of parts. Their
 * names tell the parts, or else those of the folders. Without a training part, files without a part are it.
 *
 * @returns undefined if there are none, or deeper ones lie among images.
 * @throws {InvalidInputError} if there are several configurations, or no training part.
 */
export async function findParquetFiles(folder: string, lonePart = false): Promise<PartFiles | undefined> {
  const { files, hasImages } = await listFiles(folder, folder, 2);
  const near = files.filter(({ inner }) => inner === '' || inner === 'data');
  const own = near.length > 0 ? near : hasImages ? [] : files;
  const [first] = own;
  if (first === undefined) return undefined;
  const configurations = [...new Set(own.map(({ configuration }) => configuration))];
  if (configurations.length > 1) {
    throw new InvalidInputError(
      `Cannot use ${folder} as a data set: it holds several (${configurations.map((name) => name || '.').join(', ')}): give the path of one.`,
      { details: { path: folder, configurations } },
    );
  }
  const parts = new Map(own.map(({ path, part }) => [path, part]));
  return withTraining(folder, [...parts.keys()], (path) => parts.get(path), lonePart);
}

interface FoundFile {
  readonly path: string;
  /** The folders in between, with `/`. */
  readonly inner: string;
  readonly part: Part | undefined;
  /** The folders that name neither data nor a part. */
  readonly configuration: string;
}

async function listFiles(
  root: string,
  folder: string,
  depth: number,
): Promise<{ files: FoundFile[]; hasImages: boolean }> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileFailure('read the folder', folder, error);
  });
  const files: FoundFile[] = [];
  let hasImages = false;
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth === 0) continue;
      const found = await listFiles(root, path, depth - 1);
      files.push(...found.files);
      hasImages ||= found.hasImages;
    } else if (/\.(parquet|pq)$/i.test(entry.name)) {
      files.push(describeFile(root, folder, path));
    } else {
      hasImages ||= /\.(png|jpe?g|webp|gif|bmp|tiff?|avif)$/i.test(entry.name);
    }
  }
  return { files, hasImages };
}

function describeFile(root: string, folder: string, path: string): FoundFile {
  const folders = relative(root, folder).split(sep).filter(Boolean);
  const partOfFolder = folders.map(partOf).findLast((part) => part !== undefined);
  return {
    path,
    inner: folders.join('/'),
    part: partOf(basename(path)) ?? partOfFolder,
    configuration: folders.filter((name) => name !== 'data' && partOf(name) === undefined).join('/'),
  };
}
