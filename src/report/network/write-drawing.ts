// A drawing as a file.

import { extname, resolve } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import { writeFileAtomically } from '../../files/write-file.ts';

/** Pixels a unit of the drawing, for sharp letters on dense screens. */
const SCALE = 2;
/** The renderer's limit. */
const MOST_PIXELS = 32_767;
const SVG_DPI = 72;

/**
 * Writes an SVG drawing to a file, and makes the folder: as it is if the name ends in `.svg`; if it ends in `.png`, in
 * light colours and twice as many pixels wide and high as the drawing has units, or as many as there can be.
 *
 * @throws {InvalidInputError} if the name ends in anything else, or the file cannot be written.
 */
export async function writeDrawing(svg: string, path: string): Promise<void> {
  const render = RENDERERS[extname(path).toLowerCase()];
  if (render === undefined) {
    throw new InvalidInputError(`a drawing is written as .svg or .png, by the end of its name; received ${path}`, {
      details: { path },
    });
  }
  await writeFileAtomically(resolve(path), [await render(Buffer.from(svg))]);
}

const RENDERERS: Readonly<Record<string, (svg: Buffer) => Promise<Buffer>>> = {
  '.svg': async (svg) => svg,
  '.png': renderPng,
};

async function renderPng(svg: Buffer): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  const { width, height } = await sharp(svg).metadata();
  const scale = Math.min(SCALE, MOST_PIXELS / Math.max(width, height));
  return sharp(svg, { density: SVG_DPI * scale, limitInputPixels: false })
    .png()
    .toBuffer();
}
