// A picture of a data set: a row of images for each class.

import { resolve } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import { writeFileAtomically } from '../../files/write-file.ts';
import { escapeXml } from '../../text/escape-xml.ts';
import { countLabels, type Dataset, imageSizeOf, readImages } from '../set/dataset.ts';

const IMAGES_A_ROW = 12;
const LABEL_WIDTH = 170;
const GAP = 4;
const SMALLEST_CELL = 48;
const LARGEST_CELL = 160;
/** Most programs cannot show a taller picture. */
const MOST_CLASSES = 200;
const BACKGROUND = 255;

/**
 * Writes a PNG with a row per class (the first 200 classes): its name, its number of training images and up to 12 of them.
 * Small images are enlarged by whole numbers, so that their pixels stay sharp; large ones are thinned out.
 *
 * @throws {InvalidInputError} if the name does not end in `.png`, or the file cannot be written.
 */
export async function writeContactSheet(dataset: Dataset, path: string): Promise<void> {
  if (!path.toLowerCase().endsWith('.png')) {
    throw new InvalidInputError(`The contact sheet is a PNG: its name must end in .png, got ${path}.`, {
      details: { path },
    });
  }
  await writeFileAtomically(resolve(path), [await renderContactSheet(dataset)]);
}

async function renderContactSheet({ shape, classes, train }: Dataset): Promise<Buffer> {
  const names = classes.slice(0, MOST_CLASSES);
  const longest = Math.max(shape.height, shape.width);
  const cell = Math.min(LARGEST_CELL, longest * Math.max(1, Math.round(SMALLEST_CELL / longest)));
  const width = LABEL_WIDTH + IMAGES_A_ROW * (cell + GAP);
  const height = GAP + names.length * (cell + GAP);
  const canvas = new Uint8Array(width * height * 3).fill(BACKGROUND);
  const placed = names.map(() => 0);
  for (let i = 0; i < train.count; i++) {
    const label = train.labels[i] ?? 0;
    const column = placed[label];
    if (column === undefined || column === IMAGES_A_ROW) continue;
    placed[label] = column + 1;
    const image = readImages(train, imageSizeOf(shape), i, i + 1);
    const [left, top] = [LABEL_WIDTH + column * (cell + GAP), GAP + label * (cell + GAP)];
    for (let y = 0; y < cell; y++) {
      for (let x = 0; x < cell; x++) {
        const [row, at] = [Math.floor((y * longest) / cell), Math.floor((x * longest) / cell)];
        if (row >= shape.height || at >= shape.width) continue;
        for (let channel = 0; channel < 3; channel++) {
          const plane = shape.channels === 1 ? 0 : channel;
          const value = image[(plane * shape.height + row) * shape.width + at] ?? 0;
          canvas[((top + y) * width + left + x) * 3 + channel] = value;
        }
      }
    }
  }
  const counts = countLabels(train, classes);
  const labels = names.map((name, label) => rowLabel(name, counts[label] ?? 0, GAP + label * (cell + GAP) + cell / 2));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif">${labels.join('')}</svg>`;
  const { default: sharp } = await import('sharp');
  return sharp(canvas, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(svg) }])
    .png()
    .toBuffer();
}

const LONGEST_NAME = 22;

function rowLabel(name: string, count: number, middle: number): string {
  const letters = [...name];
  const shown = letters.length > LONGEST_NAME ? `${letters.slice(0, LONGEST_NAME - 1).join('')}…` : name;
  return `<text x="8" y="${middle - 1}" font-size="13">${escapeXml(shown)}</text><text x="8" y="${middle + 14}" font-size="11" fill="#666">${count.toLocaleString('en')}</text>`;
}
