// Images in formats beside PNG: read by their content, or named with what converts them.

import { describe } from 'vitest';
import { classFolders, itReads, itRefuses } from '../support/data-cases/data-case.ts';
import type { PictureFormat } from '../support/data-cases/pictures.ts';
import { classesOf } from '../support/data-cases/truth.ts';
import { HEIC_START } from '../support/image-fixtures.ts';

const pair = classesOf(['cat', 'dog'], 0, 4);
const READ: Readonly<Record<string, PictureFormat>> = {
  gif: 'gif',
  tif: 'tiff',
  jfif: 'jpeg',
  jpe: 'jpeg',
  bmp: 'bmp',
  ppm: 'ppm',
};
const DICOM = Buffer.concat([new Uint8Array(128), Buffer.from('DICM'), Buffer.alloc(50, 'x')]);

describe('formats of images', () => {
  itReads(
    Object.fromEntries(
      Object.entries(READ).map(([ending, format]) => [
        `images that end in .${ending}`,
        { files: classFolders('', pair, ending, format), format, truth: { train: pair } },
      ]),
    ),
  );
  const all = (ending: string, content: Uint8Array) =>
    Object.fromEntries(Object.keys(classFolders('', pair, ending)).map((name) => [name, content]));
  itRefuses({
    HEIC: { files: all('HEIC', HEIC_START), code: 'INVALID_INPUT', words: ['8 images', '.heic', 'heif-convert'] },
    DICOM: { files: all('dcm', DICOM), code: 'INVALID_INPUT', words: ['8 images', '.dcm', 'dcmj2pnm'] },
  });
});
