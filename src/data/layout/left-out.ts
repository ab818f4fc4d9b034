// What a user should know about files that are left out, and about folders without images that can be read.

import { extname, parse } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import { counted } from '../../text/figures.ts';
import type { FileTree } from '../containers/file-tree.ts';
import { listNames } from '../labels/name-labels.ts';
import { partOf, wordsOf } from '../labels/part-words.ts';
import { IMAGE_FORMAT_LIST, UNREADABLE_IMAGES } from '../pixels/image-formats.ts';
import type { Part } from '../set/source.ts';
import { isImageName } from './image-names.ts';
import { isTableName } from './table.ts';

/** Notes on files that are left out. @param files  those that are neither an image with a class nor a table. */
export function describeLeftOut(
  { files, leftOut }: FileTree,
  rest: readonly string[],
  classes: readonly string[],
  { unlabelled, hasParts }: { readonly unlabelled: readonly Part[]; readonly hasParts: boolean },
): string[] {
  const notes: string[] = [];
  const lists = hasParts ? [] : rest.filter(mayTellParts);
  if (lists.length > 0) {
    notes.push(`Files that could tell the parts, but name no images, were not followed: ${listNames(lists)}.`);
  }
  for (const { name, count, ending, cure } of unreadableIn(files)) {
    notes.push(`Images that are not read were left out: ${count} ${ending} (${name}); ${cure} converts them.`);
  }
  for (const part of unlabelled) {
    notes.push(`The ${part} part has images without labels; they were left out, and predict can classify them.`);
  }
  const archives = rest.filter((file) => ARCHIVE.test(file));
  if (archives.length > 0) {
    notes.push(`Archives beside images were not opened: ${listNames(archives)}; unpack those that belong to the data.`);
  }
  const others = [
    ...rest.filter((file) => !isUnreadable(file) && !archives.includes(file)),
    ...leftOut.map(({ file }) => file),
  ];
  if (others.length > 0) {
    const shown = others.slice(0, 3).join(', ');
    notes.push(
      `Files that are not images of a class were left out: ${others.length} (${shown}${others.length > 3 ? ', …' : ''}).`,
    );
  }
  const empty = emptyClasses(files, classes);
  if (empty.length > 0) notes.push(`Classes without a training image were left out: ${listNames(empty)}.`);
  return notes;
}

const ARCHIVE = /\.(zip|tar|tgz|tar\.\w+|7z|rar)$/i;

const mayTellParts = (file: string): boolean =>
  isTableName(file) && wordsOf(parse(file).name).some((word) => word === 'split' || partOf(word) !== undefined);

/** Folders beside the class folders in which no image can be read. */
function emptyClasses(files: readonly string[], classes: readonly string[]): string[] {
  const folders = new Map<string, boolean>();
  for (const file of files) {
    const folder = file.slice(0, Math.max(0, file.lastIndexOf('/')));
    folders.set(folder, (folders.get(folder) ?? false) || isImageName(file));
  }
  const parents = new Set(
    [...folders.keys()].flatMap((folder) => (classes.includes(nameIn(folder)) ? [parentOf(folder)] : [])),
  );
  const empty = [...folders]
    .filter(([folder, hasImages]) => !hasImages && folder !== '' && parents.has(parentOf(folder)))
    .map(([folder]) => nameIn(folder));
  return [...new Set(empty)].filter((name) => !classes.includes(name));
}

const nameIn = (folder: string): string => folder.slice(folder.lastIndexOf('/') + 1).normalize('NFC');
const parentOf = (folder: string): string => folder.slice(0, Math.max(0, folder.lastIndexOf('/')));

interface Unreadable {
  readonly ending: string;
  readonly name: string;
  readonly count: number;
  readonly cure: string;
}

const endingOf = (file: string): string => extname(file).toLowerCase();
const isUnreadable = (file: string): boolean => unreadFormat(file) !== undefined;

/** The format of an image that is not read, by the ending of its name. */
export function unreadFormat(file: string): string | undefined {
  const ending = endingOf(file);
  return Object.hasOwn(UNREADABLE_IMAGES, ending) ? UNREADABLE_IMAGES[ending]?.name : undefined;
}

/** What to do with images that are not read, where there are too few others. */
export const curesForUnread = ({ files }: FileTree): string[] =>
  unreadableIn(files).map(
    ({ count, ending, name, cure }) => `convert the ${count} ${ending} (${name}), which are not read, with ${cure}`,
  );

function unreadableIn(files: readonly string[]): Unreadable[] {
  const counts = new Map<string, number>();
  for (const file of files.filter(isUnreadable)) counts.set(endingOf(file), (counts.get(endingOf(file)) ?? 0) + 1);
  return [...counts].flatMap(([ending, count]) => {
    const format = UNREADABLE_IMAGES[ending];
    return format === undefined ? [] : [{ ending, count, ...format }];
  });
}

/** The error for a folder or an archive without images that are read. */
export function refuseNoImages({ root, files, leftOut }: FileTree): InvalidInputError {
  const [first] = leftOut.filter(({ file }) => isImageName(file.replace(/"$/, '')));
  if (first !== undefined && files.length === 0) {
    return new InvalidInputError(
      `Cannot use ${root} as a data set: all its images were left out (${first.file}: ${first.reason}); give a folder or an archive with relative names, such as cat/1.png.`,
      { details: { path: root, file: first.file, reason: first.reason } },
    );
  }
  const [unreadable] = unreadableIn(files);
  if (unreadable !== undefined) {
    const { count, ending, name, cure } = unreadable;
    return new InvalidInputError(
      `Cannot use ${root} as a data set: its ${counted(count, 'image')} with the ending ${ending} (${name}) are not read; convert them, for example with: ${cure}`,
      { details: { path: root, ending, count } },
    );
  }
  const bare = files.filter((file) => endingOf(file) === '');
  if (bare.length > files.length / 2) {
    return new InvalidInputError(
      `Cannot use ${root} as a data set: it holds no images, but ${counted(bare.length, 'file')} without an ending (${bare.slice(0, 2).join(', ')}): if they are images, give their names the ending of their format, such as .png or .jpg.`,
      { details: { path: root, files: files.length } },
    );
  }
  const others = files.length === 0 ? '' : `, only ${counted(files.length, 'other file')}`;
  return new InvalidInputError(
    `Cannot use ${root} as a data set: it holds no images (${IMAGE_FORMAT_LIST})${others}: put the images of each class in a folder named after it, as in cat/1.png.`,
    { details: { path: root, files: files.length } },
  );
}
