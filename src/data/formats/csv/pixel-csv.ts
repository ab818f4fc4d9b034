// CSV files with an image on each line: its label and its pixels, like Kaggle's digits.

import { basename } from 'node:path';
import { InvalidInputError } from '../../../errors.ts';
import { formatError } from '../../../files/format-error.ts';
import { listNames } from '../../labels/name-labels.ts';
import { fitImages } from '../../pixels/fit-images.ts';
import { type PixelScales, scalesFor } from '../../pixels/pixel-values.ts';
import { type Examples, type ImageShape, imageSizeOf } from '../../set/dataset.ts';
import type { DatasetParts, FileRole, LocatedSource, Part, ReadOptions } from '../../set/source.ts';
import { noteOnEmnist } from '../emnist.ts';
import { type ByPart, nameParts, partsOf } from '../name-parts.ts';
import { readLines, splitFields } from './csv-lines.ts';
import { choosePixelForm, type PixelForm } from './pixel-form.ts';
import { type PixelRows, pixelsOfRows, readPixelRows } from './pixel-rows.ts';

/**
 * Files of lines of pixels, row by row of the image. The channels of coloured images follow each other pixel by pixel, or
 * plane by plane if `layout` is `nchw`. A column of parts in the training file goes before other files. Numbers become bytes by
 * `scalesFor`; labels are words or numbers. A validation or test file without labels is left out.
 *
 * @param unused  files that are left out, with a note.
 */
export function locatePixelCsv(name: string, paths: ByPart<string>, unused: readonly string[] = []): LocatedSource {
  return {
    format: 'csv',
    takes: ['layout', 'labelColumn', 'transpose'],
    files: partsOf(paths).map(([, path]) => path),
    read: (options) => readPixelCsv(name, paths, unused, options),
    explain: (options) => explainPixelCsv(paths, unused, options),
  };
}

async function readPixelCsv(
  name: string,
  paths: ByPart<string>,
  unused: readonly string[],
  options: ReadOptions,
): Promise<DatasetParts> {
  const { train: form, others, notes } = await chooseForms(paths, options);
  const guesses: string[] = [];
  const report = (note: string): number => guesses.push(note);
  const rows = new Map(await readPixelRows(paths.train, form, 'train', options, report));
  for (const { part, path, form: ofOther } of others) {
    if (JSON.stringify(ofOther.shape) !== JSON.stringify(form.shape)) {
      throw formatError(
        path,
        { row: 1 },
        `images of ${imageSizeOf(ofOther.shape)} pixels, those of ${paths.train} have ${imageSizeOf(form.shape)}`,
        'give both files images of one size',
      );
    }
    const found = await readPixelRows(path, { ...ofOther, partColumn: undefined }, part, options, report);
    for (const [key, value] of found) if (!rows.has(key)) rows.set(key, value);
  }
  const train = rows.get('train');
  if (train === undefined) {
    throw new InvalidInputError(
      `Cannot use ${paths.train} as a data set: no row belongs to the training part by its column of parts (it has ${[...rows.keys()].join(', ')}): write train there.`,
      { details: { path: paths.train } },
    );
  }
  const parts: ByPart<PixelRows> = { train, validation: rows.get('validation'), test: rows.get('test') };
  const scales = chooseScales(partsOf(parts), options);
  const { shape } = form;
  const named = nameParts(
    { train: train.labels, validation: parts.validation?.labels, test: parts.test?.labels },
    (part, index, label, classes) =>
      formatError(
        parts[part]?.path ?? train.path,
        { row: parts[part]?.rows[index] ?? 0 },
        `label ${label} does not occur in the training part (its labels: ${listNames(classes)})`,
        'add training images of it',
      ),
    options.lonePart,
  );
  const examplesOf = (part: Part): Examples | undefined => {
    const [found, labels] = [parts[part], named[part]];
    if (found === undefined || labels === undefined) return undefined;
    const kind = found.values.hasFractions ? 'float' : 'integer';
    return {
      count: labels.length,
      pixels: pixelsOfRows(found, shape, options.layout ?? 'nhwc', scales.of(kind)),
      labels,
    };
  };
  const [ofTrain, validation, test] = [examplesOf('train'), examplesOf('validation'), examplesOf('test')];
  return fitImages(
    {
      name,
      shape,
      classes: named.classes,
      train: ofTrain ?? { count: 0, pixels: new Uint8Array(0), labels: new Int32Array(0) },
      ...(validation && { validation }),
      test,
      ...(scales.pixelRange && { pixelRange: scales.pixelRange }),
      notes: [
        `Labels: ${basename(paths.train)}, ${form.labelTitle}.`,
        ...form.notes,
        ...notes,
        ...guesses,
        ...(unused.length === 0 ? [] : [`Files were left out: ${listNames(unused.map((path) => basename(path)))}.`]),
        ...(scales.note === undefined ? [] : [scales.note]),
        ...describeLayout(shape, options),
        ...noteOnEmnist([name, paths.train], options),
      ],
    },
    options,
  );
}

interface OtherFile {
  readonly part: Part;
  readonly path: string;
  readonly form: PixelForm;
}

interface ChosenForms {
  readonly train: PixelForm;
  /** The files with labels. */
  readonly others: readonly OtherFile[];
  readonly notes: readonly string[];
}

async function chooseForms(paths: ByPart<string>, options: ReadOptions): Promise<ChosenForms> {
  const train = await choosePixelForm(paths.train, options);
  if (train.labelColumn === undefined) {
    throw new InvalidInputError(
      `Cannot use ${paths.train} as a data set: it has no column of labels; call it label in the first line, or name it with --label-column.`,
      { details: { path: paths.train } },
    );
  }
  const others: OtherFile[] = [];
  const notes: string[] = [];
  if (train.partColumn !== undefined) {
    notes.push(`Parts: ${basename(paths.train)}, column ${train.partTitle}.`);
  }
  for (const [part, path] of partsOf(paths)) {
    if (part === 'train') continue;
    const form = await formLike(train, path, options);
    if (form.labelColumn === undefined) notes.push(`${basename(path)} has no labels, so it was left out.`);
    else others.push({ part, path, form });
  }
  return { train, others, notes };
}

/** A file with the columns of the training file is read like it, whatever its values. */
async function formLike(train: PixelForm, path: string, options: ReadOptions): Promise<PixelForm> {
  for await (const { bytes } of readLines(path)) {
    const fields = splitFields(bytes, train.delimiter);
    const isAlike = train.hasHeader ? fields?.join('\n') === train.names.join('\n') : fields?.length === train.columns;
    if (isAlike) return train;
    break;
  }
  try {
    return await choosePixelForm(path, options);
  } catch (error) {
    // The column that was asked for is that of the labels, which a test file may lack.
    if (options.labelColumn === undefined || !(error instanceof InvalidInputError)) throw error;
    return choosePixelForm(path, { ...options, labelColumn: undefined });
  }
}

function chooseScales(parts: readonly (readonly [Part, PixelRows])[], { prepareAs }: ReadOptions): PixelScales {
  const scales = scalesFor(
    parts.map(
      ([
        part,
        {
          path,
          values: { lowest, highest, hasFractions, levels },
        },
      ]) => ({
        name:
          parts.filter(([, rows]) => rows.path === path).length > 1 ? `${basename(path)} (${part})` : basename(path),
        kind: hasFractions ? 'float' : 'integer',
        range: () => ({ low: lowest.value, high: highest.value, isWhole: !hasFractions, levels }),
      }),
    ),
    prepareAs,
  );
  if (!('problem' in scales)) return scales;
  const rows = parts[scales.part]?.[1];
  const row = (rows && (rows.values.lowest.value < 0 ? rows.values.lowest : rows.values.highest).row) ?? 0;
  throw formatError(rows?.path ?? '', { row }, scales.problem, scales.cure);
}

function describeLayout({ channels, height, width }: ImageShape, { layout }: ReadOptions): string[] {
  if (channels === 1 || layout !== undefined) return [];
  return [
    `Rows of ${channels * height * width} numbers were read as ${height} × ${width} pixels of 3 channels, pixel by pixel; --layout nchw reads them plane by plane.`,
  ];
}

async function explainPixelCsv(
  paths: ByPart<string>,
  unused: readonly string[],
  options: ReadOptions,
): Promise<FileRole[]> {
  const { train, others } = await chooseForms(paths, options);
  const labels = `pixels; labels in ${train.labelTitle}`;
  const ofTrain = basename(paths.train);
  const roles: FileRole[] =
    train.partColumn === undefined
      ? [{ file: ofTrain, part: 'train', rule: labels }]
      : [...(await readPixelRows(paths.train, train, 'train', options))].map(([part, { labels: found }]) => ({
          file: `${ofTrain} (${found.length} rows)`,
          part,
          rule: `${labels}; part in column ${train.partTitle}`,
        }));
  for (const [part, path] of partsOf(paths)) {
    if (part === 'train') continue;
    const isUsed = others.some((other) => other.path === path);
    roles.push(
      isUsed ? { file: basename(path), part, rule: labels } : { file: basename(path), rule: 'pixels without labels' },
    );
  }
  for (const path of unused) roles.push({ file: basename(path), rule: 'a table beside the one called train' });
  return roles;
}
