import { describe, expect, it } from 'vitest';
import { HEIC_START } from '../../../test/support/image-fixtures.ts';
import { formatOf, IMAGE_EXTENSIONS, UNREADABLE_IMAGES } from './image-formats.ts';

const start = (text: string): Buffer => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(40)]);

describe('formatOf', () => {
  it.each([
    ['png', '\x89PNG\r\n\x1a\n'],
    ['jpeg', '\xff\xd8\xff\xe0'],
    ['webp', 'RIFF\x10\0\0\0WEBPVP8L'],
    ['gif', 'GIF89a'],
    ['tiff', 'II*\0\x08\0\0\0'],
    ['tiff', 'MM\0*'],
    ['avif', '\0\0\0\x1cftypavif\0\0\0\0'],
    ['avif', '\0\0\0\x20ftypmif1\0\0\0\0mif1miafavif'],
    ['bmp', 'BM\x40\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0'],
    ['netpbm', 'P6\n3 2\n255\n'],
    ['netpbm', 'P2#made by hand'],
  ])('tells %s by %j', (format, text) => {
    expect(formatOf(start(text))).toBe(format);
  });

  it.each([
    ['HEIC', HEIC_START, 'heif-convert IN.heic OUT.png'],
    ['HEIC', start('\0\0\0\x18ftypmif1\0\0\0\0mif1heic'), 'heif-convert'],
    ['camera raw', start('II*\0\x10\0\0\0CR\x02\0'), 'magick mogrify -format png *.cr2'],
    ['DICOM', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]), 'dcmj2pnm'],
    ['JPEG XL', start('\xff\x0a'), 'djxl'],
    ['JPEG 2000', start('\0\0\0\x0cjP  '), '*.jp2'],
    ['Photoshop', start('8BPS'), '*.psd'],
    ['SVG', start('<?xml version="1.0"?><svg/>'), 'rsvg-convert'],
  ])('names %s and the command that converts it', (name, bytes, command) => {
    expect(() => formatOf(bytes)).toThrow(`its content is ${name}, which is not read; this converts it: `);
    expect(() => formatOf(bytes)).toThrow(command);
  });

  it('refuses everything else', () => {
    expect(() => formatOf(new Uint8Array())).toThrow('the file is empty');
    for (const text of ['%PDF-1.4', 'hello', '\x89PN', 'BM and more text than that', 'P7\nWIDTH 3']) {
      expect(() => formatOf(Buffer.from(text, 'latin1'))).toThrow(
        'its content is not an image that is read (PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP, PPM)',
      );
    }
  });
});

it('no ending is both read and not read', () => {
  expect(Object.keys(UNREADABLE_IMAGES).filter((ending) => IMAGE_EXTENSIONS.has(ending))).toEqual([]);
  expect(
    [...Object.keys(UNREADABLE_IMAGES), ...IMAGE_EXTENSIONS].filter((ending) => !/^\.[a-z0-9]+$/.test(ending)),
  ).toEqual([]);
});
