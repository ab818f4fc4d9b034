// Folders, tables and names of images may each tell the classes. Chooses what counts, and refuses where that is doubtful.

import { AutoCnnError, InvalidInputError } from '../../errors.ts';
import { counted } from '../../text/figures.ts';
import { canonicalLabel } from '../labels/canonical-label.ts';
import { listNames } from '../labels/name-labels.ts';
import type { Part } from '../set/source.ts';
import type { FolderReading } from './class-folders.ts';
import type { Evidence } from './evidence.ts';
import { describeTable, type ImageTable, partOfTable, readTableLabels, type TableLabel } from './label-table.ts';
import { classInName, namesTellClasses } from './labels-in-names.ts';
import { curesForUnread } from './left-out.ts';
import { describeUnfollowed, type PartLists, readPartLists } from './part-lists.ts';
import type { TableRow } from './table.ts';

export interface ChosenImage {
  readonly file: string;
  readonly part: Part;
  readonly className: string;
  readonly rule: string;
}

export interface LabelChoice {
  readonly images: readonly ChosenImage[];
  readonly leftOut: readonly { readonly file: string; readonly rule: string }[];
  /** Where the labels come from, for messages. */
  readonly source: string;
  /** Parts whose images have no labels. */
  readonly unlabelled: readonly Part[];
  readonly notes: readonly string[];
  /** What a table that names images was for. */
  tableRule(file: string): string;
}

/** @throws {InvalidInputError} if nothing tells the classes, or folders and a table contradict each other. */
export async function chooseLabels(evidence: Evidence): Promise<LabelChoice> {
  const { folders, tables, options } = evidence;
  const { labelFrom, labelColumn, imageColumn, table } = options;
  const named = labelColumn === undefined ? imageColumn : labelColumn;
  if (named !== undefined && (labelFrom === 'name' || labelFrom === 'folders')) {
    throw new InvalidInputError(
      `The column ${JSON.stringify(named)} has no meaning where labels come from ${labelFrom === 'name' ? 'the names of the images' : 'folders'} (--label-from ${labelFrom}): leave out one of the options.`,
      { details: { labelFrom, labelColumn, imageColumn } },
    );
  }
  if (labelFrom === 'name') return fromNames(evidence);
  if (labelFrom === 'folders') return fromFolders(evidence, []);
  const labelled = tables.filter(({ columns }) => columns.label !== undefined);
  const known = labelled.filter(({ columns }) => columns.label?.kind === 'one-hot' || columns.label?.isKnown === true);
  const isAsked =
    labelFrom === 'table' || labelColumn !== undefined || imageColumn !== undefined || table !== undefined;
  if (isAsked) {
    if (labelled.length === 0) throw evidence.failure ?? refuseTables(evidence);
    return fromTables(evidence, known.length > 0 ? known : labelled);
  }
  const hasClasses = folders.problem === undefined && classesOf(folders).size >= (options.lonePart ? 1 : 2);
  if (!hasClasses) {
    const usable = known.length > 0 ? known : labelled;
    if (usable.length > 0) return fromTables(evidence, usable);
    throw evidence.failure ?? refuseUnlabelled(evidence);
  }
  if (known.length === 0) return fromFolders(evidence, []);
  return weigh(evidence, known);
}

/** Class folders beside tables with labels. */
async function weigh(evidence: Evidence, known: readonly ImageTable[]): Promise<LabelChoice> {
  const read = await readTables(evidence, known).catch((error: unknown) => {
    if (error instanceof AutoCnnError) return error;
    throw error;
  });
  if (read instanceof AutoCnnError) {
    // Class folders are good without the table.
    const choice = await fromFolders(evidence, []);
    return { ...choice, notes: [...choice.notes, `A table of labels was not used: ${read.message}`] };
  }
  const folderClass = new Map(evidence.folders.images.map(({ file, className }) => [file, className]));
  const pairs = read.labels.flatMap(({ image, className }) => {
    const folder = folderClass.get(image);
    return folder === undefined ? [] : [{ folder, table: className }];
  });
  const covered = pairs.length / [...folderClass.values()].filter((name) => name !== undefined).length;
  if (isOneToOne(pairs)) return fromFolders(evidence, pairs.length > 0 ? known : []);
  if (covered < MOST) return fromFolders(evidence, []);
  const [table] = known;
  const [example] = pairs;
  throw new InvalidInputError(
    `Cannot use ${evidence.tree.root} as a data set: its folders and ${table === undefined ? 'a table' : describeTable(table)} give the images different classes (${example?.folder} and ${example?.table}, for example): say which counts with --label-from folders or --label-from table.`,
    { details: { path: evidence.tree.root, table: table?.table.file } },
  );
}

/** Share of the images that a table must name to be about their classes. */
const MOST = 0.9;

function isOneToOne(pairs: readonly { readonly folder: string; readonly table: string }[]): boolean {
  const [there, back] = [new Map<string, string>(), new Map<string, string>()];
  return pairs.every(({ folder, table }) => {
    if (!there.has(folder)) there.set(folder, table);
    if (!back.has(table)) back.set(table, folder);
    return there.get(folder) === table && back.get(table) === folder;
  });
}

const classesOf = ({ images }: FolderReading): ReadonlySet<string> =>
  new Set(images.flatMap(({ className }) => className ?? []));

/** @param agreeing  tables that give the same classes. */
async function fromFolders(evidence: Evidence, agreeing: readonly ImageTable[]): Promise<LabelChoice> {
  const { folders, tables, tree, options } = evidence;
  if (folders.doubt !== undefined && agreeing.length === 0 && options.labelFrom !== 'folders') {
    throw refuseDoubt(tree.root, folders.doubt);
  }
  if (folders.problem !== undefined || classesOf(folders).size === 0) throw refuseUnlabelled(evidence);
  const placed = folders.images.flatMap(({ file, part = 'train', className, rule }): ChosenImage[] =>
    className === undefined ? [] : [{ file, part, className, rule }],
  );
  const { images, unlisted, lists } = followLists(evidence, placed, tables);
  const flat = folders.images.filter(({ className }) => className === undefined);
  const filled = await fillFromTables(evidence, flat, new Set(images.map(({ className }) => className)));
  const isFilled = new Set(filled.images.map(({ file }) => file));
  const bare = flat.filter(({ file }) => !isFilled.has(file));
  const agree = agreeing.map(({ table }) => table.file);
  const also = filled.source === undefined ? '' : `; those of the ${filled.part} part: ${filled.source}`;
  const same = agree.length === 0 ? '' : `; ${agree.join(', ')} ${agree.length === 1 ? 'agrees' : 'agree'}`;
  const used = [...agree, ...(lists?.files ?? []), ...(filled.table === undefined ? [] : [filled.table])];
  const unused = tables.filter(({ table }) => !used.includes(table.file));
  return {
    images: [...images, ...filled.images],
    leftOut: [...bare.map(({ file, rule }) => ({ file, rule: `${rule}: no label` })), ...unlisted],
    source: 'the folders of the images',
    unlabelled: partsOf(bare),
    notes: [
      `Labels: the folders of the images${same}${also}.`,
      ...(folders.hint === undefined || agreeing.length > 0 || options.labelFrom === 'folders' ? [] : [folders.hint]),
      ...(lists?.notes ?? []),
      ...describeUnused(unused),
      ...describeUnfollowed(tables),
    ],
    tableRule: (file) => {
      if (file === filled.table) return 'labels';
      if (lists?.files.includes(file)) return 'tells the parts';
      return agree.includes(file) ? 'agrees with the folders' : 'names images, not used';
    },
  };
  function describeUnused(left: readonly ImageTable[]): string[] {
    if (left.length === 0) return [];
    const names = left.map(describeTable).slice(0, 3).join('; ');
    return [`Not used for labels, since the images of ${tree.root} lie in class folders: ${names}.`];
  }
}

/** Parts from tables, for images that lie in no folder of a part. */
function followLists(
  { folders, index }: Evidence,
  placed: readonly ChosenImage[],
  tables: readonly ImageTable[],
): {
  readonly images: readonly ChosenImage[];
  readonly unlisted: LabelChoice['leftOut'];
  readonly lists: PartLists | undefined;
} {
  const isFree = folders.images.every(({ part }) => part === undefined);
  const lists = isFree ? readPartLists(tables, index, new Set(placed.map(({ file }) => file))) : undefined;
  if (lists === undefined) return { images: placed, unlisted: [], lists };
  const listed = placed.map((image) => {
    const list = lists.fileOf(image.file);
    const rule = list === undefined ? image.rule : `${image.rule}; part from ${list}`;
    return { ...image, rule, part: lists.partOf(image.file) };
  });
  return {
    images: listed.flatMap(({ part, ...image }) => (part === undefined ? [] : [{ ...image, part }])),
    unlisted: listed.flatMap(({ file, part }) => (part === undefined ? [{ file, rule: 'in no list of a part' }] : [])),
    lists,
  };
}

/** Labels for the images of a part without class folders, if a table gives them the classes of the training part. */
async function fillFromTables(
  evidence: Evidence,
  flat: FolderReading['images'],
  classes: ReadonlySet<string>,
): Promise<{ images: ChosenImage[]; part?: Part; source?: string; table?: string }> {
  const partOfImage = new Map(flat.map(({ file, part }) => [file, part]));
  for (const each of evidence.options.labelFrom === 'folders' ? [] : evidence.tables) {
    const table = withClasses(each, classes);
    if (table.columns.label === undefined || flat.length === 0) continue;
    const { labels } = await readTables(evidence, [table]);
    const about = labels.filter(({ image }) => partOfImage.has(image));
    if (about.length === 0 || !about.every(({ className }) => classes.has(className))) continue;
    const images = about.map(
      ({ image, className, part, row }): ChosenImage => ({
        file: image,
        part: part ?? partOfImage.get(image) ?? 'train',
        className,
        rule: `${table.table.file}, row ${row}`,
      }),
    );
    return { images, part: images[0]?.part ?? 'test', source: describeTable(table), table: table.table.file };
  }
  return { images: [] };
}

/** Where several columns could hold the labels, the one whose cells are known classes does. */
function withClasses(table: ImageTable, classes: ReadonlySet<string>): ImageTable {
  const { columns, table: content } = table;
  const isClass = ({ cells }: TableRow, column: number): boolean => classes.has(canonicalLabel(cells[column] ?? ''));
  const column = columns.possible.find((each) => content.rows.every((row) => isClass(row, each)));
  if (columns.label !== undefined || column === undefined) return table;
  return { ...table, columns: { ...columns, label: { kind: 'column', column, isKnown: false } } };
}

interface TableReading {
  readonly labels: readonly (TableLabel & { readonly table: ImageTable })[];
  readonly missing: readonly string[];
}

/** @throws {InvalidInputError} if two tables give an image different classes. */
async function readTables({ tree, index, options }: Evidence, tables: readonly ImageTable[]): Promise<TableReading> {
  const found = new Map<string, TableLabel & { readonly table: ImageTable }>();
  const missing: string[] = [];
  const isSame = async (images: readonly string[]): Promise<boolean> => {
    const [first, ...others] = await Promise.all(images.map(async (image) => Buffer.from(await tree.read(image))));
    return first !== undefined && others.every((other) => other.equals(first));
  };
  for (const table of tables) {
    const read = await readTableLabels(table, index, options, isSame);
    missing.push(...read.missing);
    for (const label of read.labels) {
      const known = found.get(label.image);
      const part = label.part ?? known?.part;
      if (known !== undefined && (known.className !== label.className || (known.part ?? part) !== part)) {
        throw refuseRivals(tree.root, known.table, table, label.image);
      }
      found.set(label.image, { ...label, part, table });
    }
  }
  return { labels: [...found.values()], missing };
}

async function fromTables(evidence: Evidence, tables: readonly ImageTable[]): Promise<LabelChoice> {
  const { folders, images, tables: all } = evidence;
  const { labels, missing } = await readTables(evidence, tables);
  const partByFolder = new Map(folders.images.map(({ file, part }) => [file, part]));
  const chosen = labels.map(
    ({ image, className, part, row, table }): ChosenImage => ({
      file: image,
      part: part ?? partByFolder.get(image) ?? 'train',
      className,
      rule: `${table.table.file}, row ${row}`,
    }),
  );
  const hasParts = labels.some(({ part }) => part !== undefined);
  const { images: kept, unlisted, lists } = followLists(evidence, chosen, hasParts ? [] : all);
  const isNamed = new Set(chosen.map(({ file }) => file));
  const others = images.filter((file) => !isNamed.has(file));
  const isGuess = tables.some(({ columns }) => columns.label?.kind === 'column' && !columns.label.isKnown);
  const source = tables.map(describeTable).join('; ');
  const guess = isGuess ? ', guessed because its values repeat; --label-column names another' : '';
  const bare = all.filter(
    (each) =>
      each.columns.label === undefined && partOfTable(each) !== undefined && !lists?.files.includes(each.table.file),
  );
  const hasPart = (file: string): boolean => (partByFolder.get(file) ?? 'train') !== 'train';
  return {
    images: kept,
    leftOut: [...others.map((file) => ({ file, rule: 'no table names it' })), ...unlisted],
    source,
    unlabelled: partsOf(others.filter(hasPart).map((file) => ({ part: partByFolder.get(file) }))),
    notes: [
      `Labels: ${source}${guess}.`,
      ...tables.flatMap(describeRivals),
      ...(lists?.notes ?? []),
      ...describeUnfollowed(all),
      ...tables.flatMap(({ table }) => table.notes),
      ...bare.map(({ table }) => `${table.file} has no labels, so it was left out.`),
      ...(missing.length === 0
        ? []
        : [
            `Images that a table names, but that are not there: ${missing.length} (${missing.slice(0, 3).join(', ')}).`,
          ]),
    ],
    tableRule: (file) => {
      if (tables.some(({ table }) => table.file === file)) return 'labels';
      return lists?.files.includes(file) ? 'tells the parts' : 'names images, not used';
    },
  };
}

function describeRivals({ table, columns: { rivals } }: ImageTable): string[] {
  if (rivals.length === 0) return [];
  const names = listNames(rivals.map((column) => table.header[column] ?? ''));
  return [`${table.file} has other columns that could hold the labels (${names}); --label-column chooses one.`];
}

function fromNames(evidence: Evidence): LabelChoice {
  const { folders, images, tables, tree } = evidence;
  const partByFolder = new Map(folders.images.map(({ file, part }) => [file, part]));
  const named = images.map((file) => ({ file, part: partByFolder.get(file) ?? 'train', className: classInName(file) }));
  const nameless = named.filter(({ className }) => className === undefined);
  // A test part whose names are numbers has no labels.
  const [odd] = nameless.filter(({ part }) => part === 'train');
  if (odd !== undefined) {
    throw new InvalidInputError(
      `Cannot use ${tree.root} as a data set: the name of ${odd.file} tells no class; with --label-from name, call images as in cat.12.jpg or cat_12.png.`,
      { details: { path: tree.root, file: odd.file } },
    );
  }
  const placed = named.flatMap(({ file, part, className }): ChosenImage[] =>
    className === undefined ? [] : [{ file, part, className, rule: `its name begins with ${className}` }],
  );
  const { images: kept, unlisted, lists } = followLists(evidence, placed, tables);
  return {
    images: kept,
    leftOut: [...nameless.map(({ file }) => ({ file, rule: 'its name tells no class' })), ...unlisted],
    source: 'the names of the images',
    unlabelled: partsOf(nameless),
    notes: ['Labels: the names of the images, up to their numbers.', ...(lists?.notes ?? [])],
    tableRule: (file) => (lists?.files.includes(file) ? 'tells the parts' : 'names images, not used'),
  };
}

function partsOf(images: readonly { readonly part: Part | undefined }[]): Part[] {
  return [...new Set(images.flatMap(({ part }) => part ?? []))];
}

function refuseDoubt(root: string, doubt: string): InvalidInputError {
  return new InvalidInputError(
    `Cannot use ${root} as a data set: ${doubt}, or say that the outer folders are the classes with --label-from folders.`,
    { details: { path: root } },
  );
}

function refuseRivals(root: string, a: ImageTable, b: ImageTable, image: string): InvalidInputError {
  return new InvalidInputError(
    `Cannot use ${root} as a data set: ${a.table.file} and ${b.table.file} both name ${image}, with different classes or parts: give the path of the one that counts, or remove the other.`,
    { details: { path: root, tables: [a.table.file, b.table.file] } },
  );
}

function refuseTables({ tree, tables, options }: Evidence): InvalidInputError {
  const { labelColumn, imageColumn, table } = options;
  const asked = labelColumn ?? imageColumn;
  const [first] = tables;
  const columns = first === undefined ? '' : `; ${first.table.file} has the columns ${first.table.header.join(', ')}`;
  const isThere = asked !== undefined && first?.table.header.includes(asked) === true;
  const role = labelColumn === undefined ? 'no column beside it is known to hold labels' : 'it names the images';
  const what = isThere
    ? `the column ${JSON.stringify(asked)} of ${first.table.file} does not do, since ${role}`
    : asked !== undefined
      ? `no table that names its images has a column ${JSON.stringify(asked)}`
      : `${table ?? 'no table'} ${table === undefined ? 'names its images and their labels' : 'does not name images and their labels'}`;
  return new InvalidInputError(
    `Cannot use ${tree.root} as a data set: ${what}${columns}; a table needs a column of image names and one of labels, such as file_name,label.`,
    { details: { path: tree.root, labelColumn, imageColumn } },
  );
}

/** Nothing tells the classes: the reason of what came nearest, and the cures. */
function refuseUnlabelled({ tree, images, folders, tables }: Evidence): InvalidInputError {
  const table = tables.find((each) => each.table.header.length > 1);
  const others = tables.length > 0 ? [] : tree.files.filter((file) => /\.(csv|tsv|jsonl?)(\.gz)?$/i.test(file));
  const flatParts = new Set(
    folders.images.flatMap(({ className, part, rule }) =>
      className === undefined && part !== undefined ? [rule] : [],
    ),
  );
  const train = folders.images.filter(({ part }) => part === undefined || part === 'train').map(({ file }) => file);
  const cures = [
    ...curesForUnread(tree),
    folders.problem === undefined
      ? flatParts.size > 0
        ? 'rename those that are classes'
        : 'add images of another class, in a folder of their own'
      : 'put the images of each class in a folder named after it (cat/1.png)',
    'add labels.csv with the columns file_name and label',
    ...(namesTellClasses(train)
      ? [`read the classes from the names with --label-from name (${classInName(train[0] ?? '')})`]
      : []),
  ];
  const problem =
    folders.problem ??
    (flatParts.size > 0
      ? `fewer than two of its folders are classes, and others are parts by their names (${[...flatParts].slice(0, 3).join(', ')})`
      : 'all its images lie in one class folder, and a classifier needs at least two classes');
  const unmatched = others.length === 0 ? '' : `, and no cell of ${others.slice(0, 2).join(' or ')} names one of them`;
  const named =
    table === undefined
      ? unmatched
      : `, and ${table.table.file} names images, but has no column that is known to hold labels (${table.table.header.join(', ')}; --label-column names it)`;
  return new InvalidInputError(`Cannot use ${tree.root} as a data set: ${problem}${named}: ${cures.join(', or ')}.`, {
    details: { path: tree.root, images: counted(images.length, 'image') },
  });
}
