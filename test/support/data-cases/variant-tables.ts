// Random layouts in which tables tell the class, and tables, columns or folders the part.

import fc from 'fast-check';
import type { Part } from '../../../src/data/set/source.ts';
import type { Files } from './data-case.ts';
import type { Truth } from './truth.ts';
import { PARTS, type PlacedPicture, partNames, placedPictures } from './variant-truth.ts';

export interface TablePlan {
  readonly kind: 'table';
  readonly parts: Readonly<Record<Part, string>>;
  readonly place: 'folder' | 'beside' | 'part' | 'spread';
  /** `metadata` is a table in the folder of each part. */
  readonly tellsPart: 'column' | 'table' | 'folder' | 'metadata';
  readonly form: 'csv' | 'semicolon' | 'tsv' | 'txt' | 'jsonl';
  readonly hasHeader: boolean;
  readonly imageColumn: string;
  readonly labelColumn: string;
  readonly labels: 'column' | 'one-hot';
  readonly areFloats: boolean;
  readonly isLabelFirst: boolean;
  readonly others: readonly (keyof typeof OTHERS)[];
  readonly root: keyof typeof ROOTS;
  readonly ending: 'kept' | 'none' | 'capitals' | 'other';
  readonly encoding: keyof typeof ENCODINGS;
  readonly lineEnd: '\n' | '\r\n' | '\r';
  readonly isQuoted: boolean;
  readonly wrappers: readonly string[];
}

/** Columns that are about something else. */
const OTHERS = {
  '': (row: number) => row,
  width: (row: number) => 24 + (row % 3),
  photographer: (row: number) => ['Ann', 'Bob', 'Eve'][row % 3] ?? '',
  // Nothing says that this is not a class.
  site: (row: number) => ['north', 'south'][row % 2] ?? '',
  note: () => 'blurred, but fine',
  taken_at: (row: number) => `2021-03-0${1 + (row % 9)}`,
} as const;

const ROOTS = {
  none: (path: string) => path.slice(path.lastIndexOf('/') + 1),
  relative: (path: string) => path,
  dot: (path: string) => `./${path}`,
  windows: (path: string) => `C:\\Users\\me\\pets\\${path.replaceAll('/', '\\')}`,
  absolute: (path: string) => `/content/drive/My Drive/pets/${path}`,
  foreign: (path: string) => `/mnt/store/batch7/${path.slice(path.lastIndexOf('/') + 1)}`,
} as const;

const ENCODINGS = {
  'utf-8': (text: string) => Buffer.from(text),
  bom: (text: string) => Buffer.from(`\ufeff${text}`),
  'utf-16le': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'utf-16be': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  'windows-1252': (text: string) => Buffer.from(text, 'latin1'),
} as const;

export const tablePlans: fc.Arbitrary<TablePlan> = fc.record({
  kind: fc.constant('table'),
  parts: partNames,
  place: fc.constantFrom('folder', 'beside', 'part', 'spread'),
  tellsPart: fc.constantFrom('column', 'table', 'folder', 'metadata'),
  form: fc.constantFrom('csv', 'semicolon', 'tsv', 'txt', 'jsonl'),
  hasHeader: fc.constantFrom(true, true, true, false),
  imageColumn: fc.constantFrom('file_name', 'Image', 'image_id', 'id', 'path', 'File Path', 'Bild', 'photo'),
  labelColumn: fc.constantFrom(
    'label',
    'Class',
    'ClassId',
    'target',
    'diagnosis',
    'category',
    'Breed',
    'Klasse',
    'kind',
  ),
  labels: fc.constantFrom('column', 'column', 'column', 'one-hot'),
  areFloats: fc.boolean(),
  isLabelFirst: fc.boolean(),
  others: fc.uniqueArray(fc.constantFrom('', 'width', 'photographer', 'site', 'note', 'taken_at'), { maxLength: 2 }),
  root: fc.constantFrom('none', 'relative', 'dot', 'windows', 'absolute', 'foreign'),
  ending: fc.constantFrom('kept', 'none', 'capitals', 'other'),
  encoding: fc.constantFrom('utf-8', 'bom', 'utf-16le', 'utf-16be', 'windows-1252'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  isQuoted: fc.boolean(),
  wrappers: fc.array(fc.constantFrom('data', 'archive', 'pets', 'dataset'), { maxLength: 2 }),
});

/** What the plan leaves open is decided here, so that the pieces fit each other. */
export function settle(plan: TablePlan): TablePlan {
  const { tellsPart, form } = plan;
  return {
    ...plan,
    place: tellsPart === 'folder' || tellsPart === 'metadata' ? 'part' : plan.place,
    hasHeader: form === 'jsonl' || plan.labels === 'one-hot' || plan.hasHeader,
    // Blanks in front of a line are no cell; JSON has no signs of its own around text.
    others: plan.others.filter((key) => key !== '' || form === 'csv' || form === 'semicolon'),
    lineEnd: form === 'jsonl' && plan.lineEnd === '\r' ? '\n' : plan.lineEnd,
  };
}

export function renderTable(unsettled: TablePlan, truth: Truth): Files {
  const plan = settle(unsettled);
  const { parts, tellsPart, wrappers } = plan;
  const placed = placedPictures(truth).map((picture) => ({ ...picture, path: placeOf(plan, picture) }));
  const classes = Object.keys(truth.train);
  const within = (path: string): string => [...wrappers, path].join('/');
  const ending = { csv: 'csv', semicolon: 'csv', tsv: 'tsv', txt: 'txt', jsonl: 'jsonl' }[plan.form];
  const groups =
    tellsPart === 'column' || tellsPart === 'folder'
      ? [placed]
      : PARTS.map((part) => placed.filter((picture) => picture.part === part));
  const tables = groups.flatMap((group): [string, Uint8Array][] => {
    const [first] = group;
    if (first === undefined) return [];
    const name =
      tellsPart === 'metadata' ? `${parts[first.part]}/metadata` : groups.length > 1 ? parts[first.part] : 'labels';
    const base = tellsPart === 'metadata' ? `${parts[first.part]}/` : '';
    return [[within(`${name}.${ending}`), encodeTable(plan, classes, group, base, truth)]];
  });
  return {
    ...Object.fromEntries(placed.map(({ path, className, index }) => [within(path), { className, index }])),
    ...Object.fromEntries(tables),
  };
}

function placeOf({ place, parts }: TablePlan, { part, index }: PlacedPicture): string {
  const file = `img_${index}.png`;
  if (place === 'beside') return file;
  if (place === 'part') return `${parts[part]}/${file}`;
  return place === 'folder' ? `images/${file}` : `images_${1 + (index % 2)}/${file}`;
}

/** As the table calls the image. */
function nameOf({ ending, root }: TablePlan, path: string): string {
  const stem = path.slice(0, -'.png'.length);
  const name = { kept: path, none: stem, capitals: `${stem}.PNG`, other: `${stem}.jpg` }[ending];
  return ROOTS[root](name);
}

type Listed = PlacedPicture & { readonly path: string };

/** @param base  the folder of the table, which names within it leave out. */
function encodeTable(
  plan: TablePlan,
  classes: readonly string[],
  group: readonly Listed[],
  base: string,
  truth: Truth,
): Uint8Array {
  const { form, hasHeader, imageColumn, labelColumn, labels, areFloats, isLabelFirst, others, parts } = plan;
  const hasSplit = plan.tellsPart === 'column' && (truth.validation !== undefined || truth.test !== undefined);
  const labelText = (className: string): string =>
    areFloats && /^(0|[1-9]\d*)$/.test(className) ? `${className}.0` : className;
  const rows = group.map((picture, row): Readonly<Record<string, string | number>> => {
    const name = { [imageColumn]: nameOf(plan, picture.path.slice(base.length)) };
    const label =
      labels === 'column'
        ? { [labelColumn]: labelText(picture.className) }
        : Object.fromEntries(classes.map((each) => [each, each === picture.className ? 1 : 0]));
    return {
      ...Object.fromEntries(others.filter((key) => key === '').map((key) => [key, OTHERS[key](row)])),
      ...(isLabelFirst ? { ...label, ...name } : { ...name, ...label }),
      ...(hasSplit && { split: parts[picture.part] }),
      ...Object.fromEntries(others.filter((key) => key !== '').map((key) => [key, OTHERS[key](row)])),
    };
  });
  if (form === 'jsonl')
    return ENCODINGS[plan.encoding](rows.map((row) => `${JSON.stringify(row)}${plan.lineEnd}`).join(''));
  const separator = { csv: ',', semicolon: ';', tsv: '\t', txt: ' ' }[form];
  const cell = (value: string | number): string =>
    plan.isQuoted || String(value).includes(separator) || String(value).includes(',') ? `"${value}"` : String(value);
  const keys = Object.keys(rows[0] ?? {});
  const records = [...(hasHeader ? [keys] : []), ...rows.map((row) => keys.map((key) => row[key] ?? ''))];
  const text = records.map((record) => record.map(cell).join(separator) + plan.lineEnd).join('');
  return ENCODINGS[plan.encoding](text);
}
