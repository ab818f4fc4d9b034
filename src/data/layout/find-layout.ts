// Decides for every image of a folder or an archive which part and which class it belongs to, and says why.

import { InvalidInputError } from '../../errors.ts';
import type { FileTree } from '../containers/file-tree.ts';
import { sortClassNames } from '../labels/class-names.ts';
import { listNames } from '../labels/name-labels.ts';
import type { FileRole, Part } from '../set/source.ts';
import { chooseLabels, type LabelChoice } from './choose-labels.ts';
import { readClassFolders } from './class-folders.ts';
import type { Evidence, LayoutOptions } from './evidence.ts';
import { foldersOf, imagesAbout } from './folders.ts';
import { isImageName } from './image-names.ts';
import { curesForUnread, describeLeftOut, refuseNoImages, unreadFormat } from './left-out.ts';
import { indexImages } from './match-images.ts';
import { openTables } from './open-tables.ts';

export interface LabelledImage {
  readonly file: string;
  /** Index into the classes. */
  readonly label: number;
}

export interface Layout {
  readonly classes: readonly string[];
  readonly train: readonly LabelledImage[];
  readonly validation: readonly LabelledImage[] | undefined;
  readonly test: readonly LabelledImage[] | undefined;
  readonly roles: readonly FileRole[];
  readonly notes: readonly string[];
}

/**
 * Looks at names and tables only. Folders named after parts, class folders and tables are told apart by what all of them
 * say together; where they contradict each other, nothing is guessed.
 *
 * @throws {InvalidInputError} if there are no images, no or contradicting labels, one class, or no training part.
 * @throws {DataFormatError} with the row, for a table that cannot be followed.
 */
export async function findLayout(tree: FileTree, options: LayoutOptions = {}): Promise<Layout> {
  const all = tree.files.filter(isImageName);
  if (all.length === 0) throw refuseNoImages(tree);
  const about = new Set(imagesAbout(foldersOf(all)));
  const images = all.filter((file) => !about.has(file));
  const folders = readClassFolders(foldersOf(images));
  const index = indexImages(images);
  const { tables, failure } = await openTables(tree, index, options);
  const evidence: Evidence = { tree, images, about, folders, tables, failure, index, options };
  const choice = await chooseLabels(evidence);
  return assemble(evidence, choice);
}

function assemble({ tree, about, folders, tables, options }: Evidence, choice: LabelChoice): Layout {
  const { root } = tree;
  const given = new Set<Part>(choice.images.map(({ part }) => part));
  const isForScoring = options.lonePart === true;
  if (!given.has('train') && !isForScoring) throw refuseNoTraining(root, [...given]);
  const placed = choice.images;
  const classes = sortClassNames(
    placed.flatMap(({ part, className }) => (part === 'train' || isForScoring ? [className] : [])),
  );
  if (classes.length < 2 && !isForScoring) throw refuseOneClass(tree, classes, choice.source);
  const labels = new Map(classes.map((name, label) => [name, label]));
  const take = (part: Part): LabelledImage[] | undefined => {
    const members = placed.filter((image) => image.part === part);
    if (members.length === 0) return undefined;
    return members.map(({ file, className }) => {
      const label = labels.get(className);
      if (label === undefined) throw refuseUnknownClass(tree, classes, part, className, file);
      return { file, label };
    });
  };
  const parts = { train: take('train') ?? [], validation: take('validation'), test: take('test') };
  const used = new Set(placed.map(({ file }) => file));
  const roles = new Map<string, FileRole>(
    [...folders.leftOut, ...choice.leftOut].map(({ file, rule }) => [file, { file, rule }]),
  );
  for (const { file, part, className, rule } of placed) roles.set(file, { file, part, className, rule });
  for (const { table } of tables) roles.set(table.file, { file: table.file, rule: choice.tableRule(table.file) });
  const rest = tree.files.filter((file) => !used.has(file) && !tables.some(({ table }) => table.file === file));
  return {
    classes,
    ...parts,
    roles: [
      ...tree.files.map((file) => roles.get(file) ?? { file, rule: ruleOfOther(file, about) }),
      ...tree.leftOut.map(({ file, reason }) => ({ file, rule: reason })),
    ],
    notes: [
      ...choice.notes,
      ...folders.notes,
      ...tree.notes,
      ...describeJoined(classes),
      ...describeLeftOut(tree, rest, classes, { ...choice, hasParts: given.size > 1 || options.table !== undefined }),
    ],
  };
}

/** A note on classes such as `rust scab` beside `rust` and `scab`, which could be several labels of one image. */
function describeJoined(classes: readonly string[]): string[] {
  const known = new Set(classes);
  const joined = classes.filter((name) => {
    const words = name.split(/[\s|;,]+/);
    return words.length > 1 && words.every((word) => known.has(word));
  });
  if (joined.length === 0) return [];
  return [`Labels that look like several in one are classes of their own: ${listNames(joined)}.`];
}

function ruleOfOther(file: string, about: ReadonlySet<string>): string {
  if (about.has(file)) return 'in a folder of pictures about images';
  if (isImageName(file)) return 'no label';
  const format = unreadFormat(file);
  return format === undefined ? 'not an image' : `${format} is not read`;
}

const PART_NAMES: Readonly<Record<Part, string>> = { train: 'training', validation: 'validation', test: 'test' };

function refuseNoTraining(root: string, parts: readonly Part[]): InvalidInputError {
  const names = parts.map((part) => PART_NAMES[part]).join(' and a ');
  return new InvalidInputError(
    `Cannot use ${root} as a data set: it has a ${names} part, but no training part: add train/ with a folder of images for each class.`,
    { details: { path: root, parts } },
  );
}

function refuseOneClass(tree: FileTree, classes: readonly string[], source: string): InvalidInputError {
  const cures = [...curesForUnread(tree), 'add images of another class'];
  return new InvalidInputError(
    `Cannot use ${tree.root} as a data set: its training images are all of one class (${classes.join(', ')}; labels: ${source}): a classifier needs at least two; ${cures.join(', or ')}.`,
    { details: { path: tree.root, classes } },
  );
}

function refuseUnknownClass(
  tree: FileTree,
  classes: readonly string[],
  part: Part,
  className: string,
  file: string,
): InvalidInputError {
  const { root } = tree;
  const alike = classes.find((name) => name.toLowerCase() === className.toLowerCase());
  const cures = [
    ...curesForUnread(tree),
    ...(alike === undefined ? [] : [`write ${className} as ${alike}, if it is the same class`]),
    'add them',
    `remove ${className} from the ${PART_NAMES[part]} part`,
  ];
  return new InvalidInputError(
    `Cannot use ${root} as a data set: the ${PART_NAMES[part]} part has images of ${className} (${file}, for example), but the training part has none: every class needs training images; ${cures.join(', or ')}.`,
    { details: { path: root, part, className, file } },
  );
}
