// Writes a drawing to a file.

import { extname, resolve } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import { writeFileAtomically } from '../../files/write-file.ts';

/** Pixels per unit of the drawing, for sharp letters on high-density screens. */
const SCALE = 2;
/** The renderer's limit. */
const MOST_PIXELS = 32_767;
const SVG_DPI = 72;

/**
 * Writes an SVG drawing to a file, and creates the folder if needed. A name that ends in `.svg` writes it unchanged. A name
 * that ends in `.png` renders it in light colours, at two pixels per unit or as large as the renderer allows.
 *
 * @throws {InvalidInputError} if the name has another ending, or the file cannot be written.
 */
export async function writeDrawing(svg: string, path: string): Promise<void> {
  const render = RENDERERS[extname(path).toLowerCase()];
  if (render === undefined) {
    throw new InvalidInputError(`the name of a drawing must end in .svg or .png, received ${path}`, {
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
