// Random layouts in which folders tell the class and the part.

import fc from 'fast-check';
import type { Part } from '../../../src/data/set/source.ts';
import { type Files, lines } from './data-case.ts';
import type { Truth } from './truth.ts';
import { type PlacedPicture, partNames, placedPictures } from './variant-truth.ts';

export interface FolderPlan {
  readonly kind: 'folders';
  readonly parts: Readonly<Record<Part, string>>;
  readonly outer: 'part' | 'class';
  /** Whether training images lie in the folder of a part, where the layout leaves a choice. */
  readonly isTrainNamed: boolean;
  /** `train/train/cat`. */
  readonly isRepeated: boolean;
  /** Names of files and folders of the test part have their accents apart, as on macOS. */
  readonly isDecomposed: boolean;
  /** Every third image lies one folder deeper. */
  readonly isDeep: boolean;
  readonly fileName: keyof typeof FILE_NAMES;
  readonly wrappers: readonly string[];
  readonly table: keyof typeof TABLES;
}

const FILE_NAMES = {
  number: ({ index }: PlacedPicture) => `${index}.png`,
  capitals: ({ index }: PlacedPicture) => `IMG_${index}.PNG`,
  phone: ({ index }: PlacedPicture) => `photo (${index}).png`,
  accent: ({ index }: PlacedPicture) => `für ${index}.png`,
  // The content decides.
  wrong: ({ index }: PlacedPicture) => `${index}.jpg`,
} as const;

type Listed = PlacedPicture & { readonly path: string };

const TABLES = {
  none: undefined,
  credits: ({ path, index }: Listed) => ['image,photographer', `${path},${['Ann', 'Bob'][index % 2]}`],
  sizes: ({ path, index }: Listed) => ['filename,width,height', `${path},${24 + (index % 3)},24`],
  agrees: ({ path, className }: Listed) => ['file_name,label', `${path},"${className}"`],
  list: ({ path }: Listed) => ['path', path],
  rival: ({ path, index }: Listed) => ['file_name,label', `${path},${index % 2 === 0 ? 'sharp' : 'blurred'}`],
} as const;

export const folderPlans: fc.Arbitrary<FolderPlan> = fc.record({
  kind: fc.constant('folders'),
  parts: partNames,
  outer: fc.constantFrom('part', 'class'),
  isTrainNamed: fc.boolean(),
  isRepeated: fc.boolean(),
  isDecomposed: fc.boolean(),
  isDeep: fc.boolean(),
  fileName: fc.constantFrom('number', 'capitals', 'phone', 'accent', 'wrong'),
  wrappers: fc.array(fc.constantFrom('data', 'archive', 'images', 'My Photos', 'dataset'), { maxLength: 2 }),
  table: fc.constantFrom('none', 'none', 'credits', 'sizes', 'agrees', 'list', 'rival'),
});

export function renderFolders(plan: FolderPlan, truth: Truth): Files {
  const { parts, outer, isRepeated, isDeep, fileName, wrappers, table } = plan;
  const isAlone = truth.validation === undefined && truth.test === undefined;
  // Classes may lie beside the test part; beside a validation part alone, that is not done.
  const mayBeBare = isAlone || (outer === 'part' && truth.test !== undefined && truth.validation === undefined);
  const placed = placedPictures(truth).map((picture) => {
    const { part, className, index } = picture;
    const isBare = part === 'train' && mayBeBare && !plan.isTrainNamed;
    const name = parts[part];
    const inPart = isBare ? [] : isRepeated && outer === 'part' ? [name, name] : [name];
    const steps = outer === 'part' ? [...inPart, className] : [className, ...inPart];
    const deeper = isDeep && index % 3 === 0 ? ['more'] : [];
    const path = [...wrappers, ...steps, ...deeper, FILE_NAMES[fileName](picture)].join('/');
    return { ...picture, path: path.normalize(plan.isDecomposed && part === 'test' ? 'NFD' : 'NFC') };
  });
  const rowOf = TABLES[table];
  const rows =
    rowOf === undefined ? [] : placed.map((picture) => rowOf({ ...picture, path: picture.path.normalize('NFC') }));
  return {
    ...Object.fromEntries(placed.map(({ path, className, index }) => [path, { className, index }])),
    ...(rows.length > 0 && { [`${table}.csv`]: lines(rows[0]?.[0] ?? '', ...rows.map((row) => row[1] ?? '')) }),
  };
}
