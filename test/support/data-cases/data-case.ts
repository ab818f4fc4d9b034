// A data set as people have it: its files, and what should become of it.

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadDataset } from '../../../src/data/load-dataset.ts';
import type { Dataset } from '../../../src/data/set/dataset.ts';
import { AutoCnnError } from '../../../src/errors.ts';
import { temporaryFolder, writeIn } from '../data-fixtures.ts';
import { encodedPixels, encodePicture, type Picture, type PictureFormat } from './pictures.ts';
import { type ClassTruth, describeDataset, describeTruth, type Truth } from './truth.ts';

export type FileContent = Picture | string | Uint8Array;
/** By relative path. */
export type Files = Readonly<Record<string, FileContent>>;

export interface ReadCase {
  readonly files: Files;
  /** What is loaded, within the folder of the files: all of it if undefined. */
  readonly source?: string;
  readonly truth: Truth;
  /** What a picture becomes; as it stands if undefined. */
  readonly pixelsOf?: (picture: Picture) => Uint8Array;
  readonly format?: PictureFormat;
  /** What the notes have in them, in any case. */
  readonly notes?: readonly string[];
}

export interface RefusedCase {
  readonly files: Files;
  readonly source?: string;
  readonly code: 'INVALID_INPUT' | 'DATA_FORMAT';
  /** What the message has in it, in any case. */
  readonly words: readonly string[];
}

/** Data that is read: classes, counts of all parts, and a hash of the images of each class and part. */
export function itReads(cases: Readonly<Record<string, ReadCase | (() => ReadCase | Promise<ReadCase>)>>): void {
  it.each(Object.entries(cases))('reads %s', async (_, given) => {
    const wanted = typeof given === 'function' ? await given() : given;
    const dataset = await load(wanted);
    await expectTruth(dataset, wanted);
    const said = dataset.notes.join(' ').toLowerCase();
    for (const words of wanted.notes ?? []) expect(said).toContain(words.toLowerCase());
  });
}

export function itRefuses(cases: Readonly<Record<string, RefusedCase>>): void {
  it.each(Object.entries(cases))('refuses %s', async (_, wanted) => {
    const error: unknown = await load(wanted).catch((reason: unknown) => reason);
    if (!(error instanceof AutoCnnError)) throw new Error('it was read', { cause: error });
    expect(error.code).toBe(wanted.code);
    for (const words of wanted.words) expect(error.message.toLowerCase()).toContain(words.toLowerCase());
  });
}

async function expectTruth(
  dataset: Dataset,
  { truth, pixelsOf, format }: Pick<ReadCase, 'truth' | 'pixelsOf' | 'format'>,
): Promise<void> {
  const expected = await describeTruth(truth, (className, index) => {
    const picture = { className, index, format };
    return pixelsOf === undefined ? encodedPixels(picture) : pixelsOf(picture);
  });
  expect(describeDataset(dataset, truth)).toEqual(expected);
  expect([...dataset.classes].sort()).toEqual(Object.keys(truth.train).sort());
  expect(dataset.test.count).toBeGreaterThan(0);
}

async function load({ files, source = 'data' }: Pick<ReadCase, 'files' | 'source'>): Promise<Dataset> {
  const folder = await temporaryFolder();
  await writeFiles(join(folder, 'data'), files);
  return loadDataset(join(folder, source), { cacheDir: join(folder, 'cache') });
}

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeIn(folder, name, await bytesOf(content));
}

export async function bytesOf(content: FileContent): Promise<Uint8Array> {
  if (typeof content === 'string') return Buffer.from(content);
  return content instanceof Uint8Array ? content : encodePicture(content);
}

/** Pictures in folders named after their classes: `root/cat/12.png`. */
export function classFolders(root: string, classes: ClassTruth, ending = 'png', format?: PictureFormat): Files {
  return Object.fromEntries(
    picturesOf(classes, format).map((picture) => [
      [...(root === '' ? [] : [root]), picture.className, `${picture.index}.${ending}`].join('/'),
      picture,
    ]),
  );
}

/** All pictures of some classes, in the order of their numbers. */
export function picturesOf(classes: ClassTruth, format?: PictureFormat): Picture[] {
  return Object.entries(classes)
    .flatMap(([className, indices]) => indices.map((index) => ({ className, index, format })))
    .sort((a, b) => a.index - b.index);
}

/** Pictures in one folder: `images/p12.png`. */
export function flatPictures(
  folder: string,
  pictures: readonly Picture[],
  nameOf: (picture: Picture) => string = ({ index }) => `p${index}.png`,
): Files {
  return Object.fromEntries(
    pictures.map((picture) => [folder === '' ? nameOf(picture) : `${folder}/${nameOf(picture)}`, picture]),
  );
}

/** Lines of text, each ended. */
export const lines = (...rows: readonly string[]): string => rows.map((row) => `${row}\n`).join('');
