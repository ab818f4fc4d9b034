import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  encodePng,
  pixelsOf,
  plainImage,
  randomExamples,
  temporaryFolder,
  writeIn,
} from '../../../../test/support/data-fixtures.ts';
import { DataFormatError } from '../../../errors.ts';
import type { DatasetParts, ReadOptions } from '../../set/source.ts';
import { locateImageFolder, locateImageTable } from './image-folder.ts';

const tiny = { height: 4, width: 4 };
const red = await plainImage('#f00', tiny);
const grey = await plainImage('#777', tiny);

/** A folder with the given images. */
const folderWith = async (files: Readonly<Record<string, Uint8Array | string>>): Promise<string> => {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeIn(folder, name, content);
  return folder;
};

const read = async (folder: string, options: ReadOptions = {}): Promise<DatasetParts> =>
  locateImageFolder(folder).read(options);

describe('locateImageFolder', () => {
  it('reads a folder for each class', async () => {
    const folder = await folderWith({
      'dog/a.png': red,
      'cat/a.PNG': grey,
      'cat/b.jpeg': await sharp(red).jpeg().toBuffer(),
    });
    const parts = await read(folder);
    expect(parts.classes).toEqual(['cat', 'dog']);
    expect(parts.shape).toEqual({ channels: 3, ...tiny });
    expect([...parts.train.labels]).toEqual([0, 0, 1]);
    expect([...pixelsOf(parts.train).slice(2 * 48, 2 * 48 + 17)]).toEqual([...new Array(16).fill(255), 0]);
    expect(parts.test).toBeUndefined();
    expect(parts.notes).toEqual(['Labels: the folders of the images.']);
  });

  it('reads train and test folders', async () => {
    const folder = await folderWith({ 'train/10/a.png': grey, 'train/9/a.png': grey, 'test/10/a.png': grey });
    const parts = await read(folder);
    expect(parts.classes).toEqual(['9', '10']);
    expect(parts.shape.channels).toBe(1);
    expect([...(parts.test?.labels ?? [])]).toEqual([1]);
  });

  it('tells formats by content and follows links', async () => {
    const folder = await folderWith({ 'cat/a.jpg': await sharp(red).webp().toBuffer(), 'elsewhere/a.png': grey });
    await symlink(join(folder, 'elsewhere'), join(folder, 'dog'));
    expect((await read(folder)).classes).toEqual(['cat', 'dog', 'elsewhere']);
  });

  it('makes colour of grey and grey of colour when asked', async () => {
    const folder = await folderWith({ 'a/1.png': red, 'b/1.png': grey });
    const asGrey = await read(folder, { channels: 'grey' });
    expect(asGrey.shape.channels).toBe(1);
    expect([pixelsOf(asGrey.train)[0], pixelsOf(asGrey.train)[16]]).toEqual([76, 0x77]);
    const allGrey = await folderWith({ 'a/1.png': grey, 'b/1.png': grey });
    expect((await read(allGrey, { channels: 'rgb' })).train.pixels).toEqual(new Uint8Array(96).fill(0x77));
  });

  it('takes the most frequent size, and says what was resized', async () => {
    const folder = await folderWith({
      'a/1.png': grey,
      'a/2.png': await plainImage('#777', { height: 5, width: 6 }),
      'b/1.png': await plainImage('#777', { height: 5, width: 6 }),
    });
    const parts = await read(folder);
    expect(parts.shape).toEqual({ channels: 1, height: 5, width: 6 });
    expect(parts.notes.slice(1)).toEqual(['Images were resized to 5 × 6: 1 of 3; --size chooses another size.']);
  });

  it('brings large images to 32 × 32 if that shows all of them, or to the size asked for', async () => {
    const large = await plainImage('#777', { height: 65, width: 20 });
    const folder = await folderWith({ 'a/1.png': large, 'b/1.png': large });
    expect((await read(folder)).shape).toEqual({ channels: 1, height: 32, width: 32 });
    expect((await read(folder, { size: { height: 3, width: 5 } })).shape).toEqual({ channels: 1, height: 3, width: 5 });
  });

  it('counts images in folders within a class folder to the class', async () => {
    const folder = await folderWith({ 'cat/persian/old/a.png': red, 'cat/b.png': grey, 'dog/a.png': grey });
    const parts = await read(folder);
    expect(parts.classes).toEqual(['cat', 'dog']);
    expect([...parts.train.labels]).toEqual([0, 0, 1]);
  });

  it('does not follow links in a circle', async () => {
    const folder = await folderWith({ 'cat/a.png': red, 'dog/a.png': grey });
    await symlink(folder, join(folder, 'cat', 'back'));
    const parts = await read(folder);
    expect(parts.train.count).toBe(2);
    expect(parts.notes[1]).toBe('Files that are not images of a class were left out: 1 (cat/back).');
  });

  it('takes the labels from a table beside the images', async () => {
    const table = 'id,width,species\nsub/a.png,2,cat\nb,2,dog\n';
    for (const place of ['', 'images/']) {
      const folder = await folderWith({ 'labels.csv': table, [`${place}sub/a.png`]: red, [`${place}b.jpg`]: grey });
      const parts = await read(folder);
      expect(parts).toMatchObject({ classes: ['cat', 'dog'], shape: { channels: 3, ...tiny } });
      expect(await locateImageTable(join(folder, 'labels.csv')).read({})).toEqual({
        ...parts,
        name: 'labels',
        nameOf: expect.any(Function),
      });
    }
  });

  it.each(['../outside.png', '/etc/passwd', 'gone.png', `${'x'.repeat(5000)}.png`])(
    'follows no name out of the folder: %s',
    async (name) => {
      const files = { 'in/labels.csv': `file,label\na.png,cat\n${name},dog\n`, 'in/a.png': red, 'outside.png': red };
      const folder = join(await folderWith(files), 'in');
      const error = await read(folder).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'DATA_FORMAT', details: { path: join(folder, 'labels.csv'), row: 3 } });
      expect(String(error)).toContain(`there is no image ${JSON.stringify(name)}; add it`);
    },
  );

  it('tells what every file is', async () => {
    const folder = await folderWith({ 'a/1.png': grey, 'b/1.png': grey, 'b/x.txt': 'x' });
    expect(await locateImageFolder(folder).explain?.({})).toEqual([
      { file: 'a/1.png', part: 'train', className: 'a', rule: 'folder a' },
      { file: 'b/1.png', part: 'train', className: 'b', rule: 'folder b' },
      { file: 'b/x.txt', rule: 'not an image' },
    ]);
  });

  it('reports progress up to the end', async () => {
    const folder = await folderWith({ 'a/1.png': grey, 'b/1.png': grey });
    const steps: string[] = [];
    await read(folder, { onProgress: (done, total) => steps.push(`${done}/${total}`) });
    expect(steps).toEqual(['1/4', '2/4', '3/4', '4/4']);
  });

  it('stops when it is cancelled', async () => {
    const folder = await folderWith({ 'a/1.png': grey, 'b/1.png': grey });
    const controller = new AbortController();
    const reading = read(folder, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a broken image', () => {
  const noise = randomExamples(1, { channels: 1, height: 40, width: 40 }, 2).pixels;

  it('is named, the first in order whatever is found first', async () => {
    const png = await encodePng(noise, { channels: 1, height: 40, width: 40 });
    const folder = await folderWith({
      'a/1.png': grey,
      'a/2.png': png.subarray(0, 900),
      'a/3.png': 'text',
      'b/1.png': '',
    });
    const error = await read(folder, { size: tiny }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataFormatError);
    expect(error).toMatchObject({ details: { path: join(folder, 'a', '2.png') } });
    expect(String(error)).toMatch(
      /2\.png: the image cannot be decoded \(.+\); mend or remove it, or leave broken images out with --skip-broken\.$/,
    );
    expect(String(error)).not.toContain('\n');
  });

  it('is left out and counted when asked', async () => {
    const folder = await folderWith({ 'a/1.png': grey, 'a/2.png': 'text', 'a/3.png': grey, 'b/1.png': grey });
    const parts = await read(folder, { skipBroken: true });
    expect([...parts.train.labels]).toEqual([0, 0, 1]);
    expect(parts.notes[0]).toBe(`Broken images were left out: 1 (${join('a', '2.png')}).`);
  });

  it('must not be the last of its class', async () => {
    const folder = await folderWith({ 'a/1.png': grey, 'b/1.png': 'text' });
    await expect(read(folder, { skipBroken: true })).rejects.toThrow(
      `Cannot use ${folder} as a data set: all training images of b are broken (${join(folder, 'b', '1.png')}, for example); add images that can be decoded.`,
    );
  });

  it('gives valid data or a typed error, whatever the damage', async () => {
    const whole = await Promise.all(
      [sharp(red).png(), sharp(red).jpeg(), sharp(red).webp()].map((image) => image.toBuffer()),
    );
    const folder = await folderWith({ 'a/1.png': red, 'b/1.png': red });
    for (let run = 0; run < 90; run++) {
      const bytes = Buffer.from(whole[run % 3] ?? red);
      const at = (run * 7919) % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ (1 + (run % 255));
      await writeIn(folder, 'b/1.png', run % 2 === 0 ? bytes : bytes.subarray(0, at));
      const result = await read(folder).catch((error: unknown) => error);
      if (result instanceof Error) expect(result).toMatchObject({ details: { path: join(folder, 'b', '1.png') } });
      else expect(result).toMatchObject({ train: { count: 2 } });
    }
  });
});
