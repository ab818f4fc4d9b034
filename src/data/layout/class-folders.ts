// Parts and classes as the folders of the images give them. Looks at names only.

import { counted } from '../../text/figures.ts';
import { canonicalLabel } from '../labels/canonical-label.ts';
import { noteOnMergedNames } from '../labels/check-class-names.ts';
import { compareCodePoints } from '../labels/class-names.ts';
import { isPartWord, partOf } from '../labels/part-words.ts';
import type { Part } from '../set/source.ts';
import { ABOUT_IMAGES, type Folder, imagesIn, STORAGE } from './folders.ts';

/** An image, and what its folders say. */
export interface PlacedImage {
  readonly file: string;
  readonly part: Part | undefined;
  /** Undefined if no folder is a class. */
  readonly className: string | undefined;
  readonly rule: string;
}

export interface FolderReading {
  readonly images: readonly PlacedImage[];
  /** Images that no class or part takes, with the reason. */
  readonly leftOut: readonly { readonly file: string; readonly rule: string }[];
  readonly notes: readonly string[];
  /** Why the folders give no classes, and the cure; undefined if they do. */
  readonly problem: string | undefined;
  /** Why other folders than these could be the classes, and a cure. */
  readonly doubt?: string | undefined;
  /** A note for the case that these folders are taken as the classes. */
  readonly hint?: string | undefined;
}

/**
 * Reads `CLASS/image`, `PART/CLASS/image` or `CLASS/PART/image`, each perhaps within folders that hold nothing else.
 * Images in folders within a class folder belong to the class. Folders whose names are words for parts are never classes,
 * unless they lie in the folder of a part.
 */
export function readClassFolders(root: Folder): FolderReading {
  const { folder, notes } = unwrap(root);
  const kids = folder.folders.map((kid) => ({ kid, part: partOf(kid.name) }));
  const parts = kids.flatMap(({ kid, part }) => (part === undefined ? [] : [{ kid, part }]));
  const others = kids.flatMap(({ kid, part }) => (part === undefined ? [kid] : []));
  const reading = parts.length > 0 ? readParts(folder, parts, others) : readClasses(folder);
  return { ...reading, notes: [...notes, ...reading.notes, ...noteOnMergedNames(folderNames(reading))] };
}

interface PartFolder {
  readonly kid: Folder;
  readonly part: Part;
}

/** Passes through folders that hold everything, and through `images` beside folders that are about images. */
function unwrap(root: Folder): { readonly folder: Folder; readonly notes: readonly string[] } {
  let folder = root;
  for (;;) {
    const inner = innerOf(folder);
    if (inner === undefined) break;
    folder = inner;
  }
  const notes = folder === root ? [] : [`The images were read from ${folder.path}, which holds all of them.`];
  return { folder, notes };
}

/** The folder in a folder that holds all images of classes or parts. */
function innerOf({ folders, images }: Folder): Folder | undefined {
  if (images.length > 0) return undefined;
  const [only, ...rest] = folders.filter(({ name }) => !ABOUT_IMAGES.test(name));
  if (only === undefined || rest.length > 0) return undefined;
  const isAlone = folders.length === 1 || STORAGE.test(only.name);
  const isPart = partOf(only.name) !== undefined && !holdsParts(only);
  return isAlone && only.folders.length > 0 && !isPart ? only : undefined;
}

/** Whether a folder such as `train_val` holds the folders of several parts, and nothing else. */
function holdsParts({ folders, images }: Folder): boolean {
  const parts = new Set(folders.map(({ name }) => (isPartWord(name) ? partOf(name) : undefined)));
  return images.length === 0 && parts.size >= 2 && !parts.has(undefined);
}

/** A word that folders have in their names over which images are only spread: `images_001`, `part_2`. */
const SPREAD = /image|img|photo|picture|part|batch|folder|chunk|shard/i;

function isSpread(folders: readonly Folder[]): boolean {
  if (folders.length > 0 && folders.every(({ name }) => STORAGE.test(name))) return true;
  const stems = new Set(folders.map(({ name }) => name.toLowerCase().replace(/\d+/g, '')));
  return folders.length > 1 && stems.size === 1 && SPREAD.test([...stems][0] ?? '');
}

function readClasses(folder: Folder): FolderReading {
  const inner = readClassOuter(folder) ?? readFlatOrClasses(folder, undefined);
  const hasClasses = inner.images.some(({ className }) => className !== undefined);
  return { ...inner, problem: hasClasses ? undefined : describeFlat(folder) };
}

function describeFlat(folder: Folder): string {
  const images = imagesIn(folder);
  if (folder.folders.length === 0) return `its ${counted(images.length, 'image')} lie in no class folder`;
  const names = folder.folders.map(({ name }) => name);
  return `its images lie in ${listed(names)}, which does not look like classes`;
}

/** `CLASS/train/image` and `CLASS/test/image`. */
function readClassOuter({ folders, images }: Folder): Omit<FolderReading, 'problem'> | undefined {
  const isOuter = (kid: Folder): boolean =>
    kid.images.length === 0 && kid.folders.every(({ name }) => partOf(name) !== undefined);
  const hasTrain = folders.some((kid) => kid.folders.some(({ name }) => partOf(name) === 'train'));
  if (folders.length < 2 || !folders.every(isOuter) || !hasTrain) return undefined;
  const placed = folders.flatMap((kid) =>
    kid.folders.flatMap((inner) => placeAll(inner, partOf(inner.name), classNameOf(kid))),
  );
  return { images: placed, leftOut: images.map(outsideClasses), notes: [], hint: describeShared(folders) };
}

/** The class folders of a folder or of a part; the images have no class if there are none. */
function readFlatOrClasses(folder: Folder, part: Part | undefined): Omit<FolderReading, 'problem'> {
  const base = unwrapPart(folder, part);
  const isFlat = base.folders.length === 0 || isSpread(base.folders) || isBeside(base, part);
  if (isFlat) {
    const images = imagesIn(base).map((file) => ({ file, part, className: undefined, rule: ruleOf(base) }));
    return { images, leftOut: [], notes: [] };
  }
  const copies = copiesIn(base.folders);
  const classes = base.folders.filter((kid) => !copies.includes(kid));
  return {
    images: classes.flatMap((kid) => placeAll(kid, part, classNameOf(kid))),
    leftOut: [
      ...base.images.map(outsideClasses),
      ...copies.flatMap((kid) =>
        imagesIn(kid).map((file) => ({ file, rule: `folder ${kid.path} repeats the classes` })),
      ),
    ],
    notes: copies.map(({ path }) => `A folder with a copy of the class folders was left out: ${path}.`),
    doubt: describeVersions(classes),
    hint: describeShared(classes),
  };
}

/** Folders among those of the classes that hold folders of the same names again. */
function copiesIn(folders: readonly Folder[]): readonly Folder[] {
  return folders.filter((kid) => {
    const others = folders.filter((folder) => folder !== kid).map(({ name }) => name);
    const inner = kid.folders.map(({ name }) => name);
    return others.length >= 2 && kid.images.length === 0 && others.every((name) => inner.includes(name));
  });
}

/** Folders such as `color` and `grayscale` that all hold the same folders, and no fewer of them, could be versions of the data. */
function describeVersions(folders: readonly Folder[]): string | undefined {
  const [first, ...others] = folders.map((kid) => ({ isPure: kid.images.length === 0, inner: namesIn(kid) }));
  if (first === undefined || others.length === 0 || first.inner.length < folders.length) return undefined;
  const isSame = others.every(({ inner }) => inner.join('/') === first.inner.join('/'));
  if (!isSame || !first.isPure || !others.every(({ isPure }) => isPure)) return undefined;
  const outer = listed(folders.map(({ name }) => name));
  return `${outer} all hold the same folders (${listed(first.inner)}), so it is not clear which are the classes: give the path of one of them, such as ${folders[0]?.path}`;
}

/** Folders such as those of patients, sites or folds that all hold a folder of the same name may lie around the classes. */
function describeShared(folders: readonly Folder[]): string | undefined {
  const inner = folders.map((kid) => new Set(innerNames(kid)));
  const [first, ...others] = inner;
  if (first === undefined || others.length === 0) return undefined;
  const shared = [...first].filter((name) => others.every((names) => names.has(name)));
  if (shared.length === 0) return undefined;
  return `The outer folders (${listed(folders.map(({ name }) => name))}) were taken as the classes, though each holds ${listed(shared)}; if the inner folders are the classes, join those of the same name.`;
}

/** The names of the folders in a folder, below those of parts and those that hold everything. */
function innerNames(folder: Folder): readonly string[] {
  return folder.folders.flatMap((kid) => {
    const isPassed = partOf(kid.name) !== undefined || STORAGE.test(kid.name);
    if (isPassed) return innerNames(kid);
    return ABOUT_IMAGES.test(kid.name) ? [] : [kid.name];
  });
}

const namesIn = ({ folders }: Folder): string[] => folders.map(({ name }) => name);

/** A single folder beside images, outside of the parts, is not a class. */
const isBeside = ({ folders, images }: Folder, part: Part | undefined): boolean =>
  part === undefined && folders.length === 1 && images.length > 0;

/** In the folder of a part: passes through a folder that repeats the name, or that holds everything. */
function unwrapPart(folder: Folder, part: Part | undefined): Folder {
  const [only] = folder.folders;
  if (part !== undefined && only !== undefined && folder.folders.length === 1 && folder.images.length === 0) {
    if (only.folders.length > 0 || STORAGE.test(only.name) || partOf(only.name) === part) return unwrapPart(only, part);
  }
  const inner = part === undefined ? undefined : innerOf(folder);
  return inner === undefined ? folder : unwrapPart(inner, part);
}

function readParts(folder: Folder, found: readonly PartFolder[], others: readonly Folder[]): FolderReading {
  const { kept, passedOver } = choosePartFolders(found);
  const read = kept.map(({ kid, part }) => ({ part, kid, ...readFlatOrClasses(kid, part) }));
  const notes = [
    ...(passedOver.length === 0 ? [] : [`Folders beside the parts were left out: ${listed(passedOver)}.`]),
    ...read.flatMap((each) => each.notes),
  ];
  const images = read.flatMap((each) => each.images);
  const leftOut = [
    ...folder.images.map((file) => ({ file, rule: 'beside the folders of the parts' })),
    ...read.flatMap((each) => each.leftOut),
    ...found
      .filter(({ kid }) => passedOver.includes(kid.name))
      .flatMap(({ kid }) => imagesIn(kid).map((file) => ({ file, rule: `folder ${kid.path} is not used` }))),
  ];
  const hasTrain = kept.some(({ part }) => part === 'train');
  const doubt = read.map((each) => each.doubt).find((each) => each !== undefined);
  const hint = read.map((each) => each.hint).find((each) => each !== undefined);
  // CLASS/image beside test/: the class folders are the training part.
  if (!hasTrain && others.length > 0) {
    const beside = { ...folder, folders: others, images: [] };
    const rest = readClassOuter(beside) ?? readFlatOrClasses(beside, 'train');
    const hasClasses = rest.images.some(({ className }) => className !== undefined);
    return {
      images: [...rest.images, ...images],
      leftOut: [...leftOut, ...rest.leftOut],
      notes: [...notes, ...rest.notes, ...describeFlatParts(read)],
      problem: hasClasses ? undefined : describeFlat(beside),
      doubt: rest.doubt,
      hint: rest.hint,
    };
  }
  const trainClasses = new Set(
    images.flatMap(({ part, className }) => (part === 'train' && className !== undefined ? [className] : [])),
  );
  const unused = others.filter((kid) => !ABOUT_IMAGES.test(kid.name));
  if (hasTrain && trainClasses.size === 0) {
    const flat = kept.filter(({ part }) => part === 'train').map(({ kid }) => kid.path);
    const siblings = others.map(({ name }) => name);
    const asClass =
      siblings.length === 0 ? '' : `, and it is not clear whether ${listed(siblings)} are classes beside it`;
    return {
      images,
      leftOut: [...leftOut, ...others.flatMap(besideParts)],
      notes: [...notes, ...describeUnused(unused)],
      problem: `${listed(flat)} is the training part by its name, but its images lie in no class folder${asClass}`,
    };
  }
  return {
    images,
    leftOut: [...leftOut, ...others.flatMap(besideParts)],
    notes: [...notes, ...describeUnused(unused)],
    problem: undefined,
    doubt,
    hint,
  };
}

/** Flat images in a folder beside the classes, with the name of a part: perhaps a class. */
function describeFlatParts(
  parts: readonly { readonly kid: Folder; readonly images: readonly PlacedImage[] }[],
): string[] {
  const flat = parts.filter(({ images }) => images.every(({ className }) => className === undefined));
  return flat.map(
    ({ kid }) => `The folder ${kid.path} was taken for a part, by its name; if it is a class, rename it.`,
  );
}

const besideParts = (kid: Folder): { file: string; rule: string }[] =>
  imagesIn(kid).map((file) => ({ file, rule: `folder ${kid.path} lies beside the parts` }));

function describeUnused(folders: readonly Folder[]): string[] {
  if (folders.length === 0) return [];
  return [`Folders beside the parts were left out: ${listed(folders.map(({ path }) => path))}.`];
}

/** Of several folders for one part, those that are called nothing else count; if there are none, all of them. */
function choosePartFolders(found: readonly PartFolder[]): {
  kept: readonly PartFolder[];
  passedOver: readonly string[];
} {
  const kept = found.filter(({ kid, part }) => {
    const rivals = found.filter((other) => other.part === part);
    const exact = rivals.filter((other) => isPartWord(other.kid.name));
    return exact.length === 0 || isPartWord(kid.name);
  });
  return { kept, passedOver: found.filter((each) => !kept.includes(each)).map(({ kid }) => kid.name) };
}

function placeAll(folder: Folder, part: Part | undefined, className: string): PlacedImage[] {
  const rule = ruleOf(folder);
  return imagesIn(folder).map((file) => ({ file, part, className, rule }));
}

const ruleOf = ({ path }: Folder): string => (path === '' ? 'no class folder' : `folder ${path}`);
const outsideClasses = (file: string): { file: string; rule: string } => ({ file, rule: 'outside the class folders' });

const classNameOf = ({ name }: Folder): string => canonicalLabel(name);

/** The names of the class folders, as they are written. */
function folderNames({ images }: Pick<FolderReading, 'images'>): string[] {
  const examples = new Map(images.map((image) => [image.rule, image]));
  return [...examples.values()].flatMap(
    ({ file, className }) => file.split('/').find((step) => canonicalLabel(step) === className) ?? [],
  );
}

function listed(names: readonly string[]): string {
  const sorted = [...names].sort(compareCodePoints);
  const shown = sorted.slice(0, 4).join(', ');
  return sorted.length > 4 ? `${shown}, … (${sorted.length})` : shown;
}
