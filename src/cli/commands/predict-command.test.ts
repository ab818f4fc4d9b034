import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePng, plainImage, temporaryFolder, writeIn } from '../../../test/support/data-fixtures.ts';
import { runInProcess } from '../../../test/support/run-program.ts';
import { noiseImages, smallModel } from '../../../test/support/small-model.ts';

const SIZE = { height: 8, width: 8 };

/** A model, two images whose names need quotes, one that is broken. */
async function fixture() {
  const folder = await temporaryFolder();
  const classes = ['cat', 'a "dog", big', 'owl'];
  const model = await writeIn(folder, 'model.onnx', smallModel('2-2-max', { channels: 1, ...SIZE }, classes).bytes);
  const black = await writeIn(folder, 'images/a,b.png', await plainImage('black', SIZE));
  const white = await writeIn(folder, 'images/c.png', await plainImage('white', SIZE));
  const broken = join(folder, 'images', 'd.png');
  return { model, images: join(folder, 'images'), black, white, broken, classes };
}

describe('predict', () => {
  it('prints a line for each image', async () => {
    const { model, images, black, white } = await fixture();
    const { code, stdout, stderr } = await runInProcess('predict', model, images, '--top', '2');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^\S+ {2}\S.* \d+\.\d\d % {2}\S.* \d+\.\d\d %$/);
    expect(lines.map((line) => line.split('  ')[0]?.trim())).toEqual([black, white, '']);
  });

  it('prints one JSON object, and with a broken image code 1', async () => {
    const { model, images, black, white, broken, classes } = await fixture();
    await writeIn(images, 'd.png', 'no image');
    const { code, stdout, stderr } = await runInProcess('predict', model, images, '--json', '--top', '9');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: cannot read the image .*d\.png: .*\nerror: 1 of 3 images could not be read; mend or leave them out\n$/,
    );
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({ model, genome: '2-2-max' });
    expect(answer.images.map(({ file }: { file: string }) => file)).toEqual([black, white, broken]);
    expect(answer.images[2]).toEqual({
      file: broken,
      error: 'its content is not an image that is read (PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP, PPM)',
    });
    const [{ top, class: first }] = answer.images;
    expect(top).toHaveLength(3);
    expect(top[0].class).toBe(first);
    expect(classes).toContain(first);
  });

  it('prints comma-separated values that a table can be read from', async () => {
    const { model, images, black, white, broken } = await fixture();
    await writeIn(images, 'd.png', '');
    const { code, stdout } = await runInProcess('predict', model, images, '--csv', '--top', '3');
    expect(code).toBe(1);
    const rows = parseCsv(stdout);
    expect(rows[0]?.join()).toBe('file,class,probability,class_2,probability_2,class_3,probability_3,error');
    expect(rows.slice(1).map(([file]) => file)).toEqual([black, white, broken]);
    expect(rows[1]?.slice(1, 7).filter((_, i) => i % 2 === 0)).toContain('a "dog", big');
    expect(rows[3]).toEqual([broken, '', '', '', '', '', '', 'the file is empty']);
  });

  it.each([
    [['--top', '0'], /^error: --top must be a whole number of at least 1, received 0\n$/],
    [['--top', '1.5'], /^error: --top must be a whole number of at least 1, received 1.5\n$/],
    [['--json', '--csv'], /^error: option '--csv' cannot be used with option '--json'; [^\n]*\n$/],
  ])('refuses %j with code 2 and one line', async (args, message) => {
    const { model, images } = await fixture();
    const { code, stdout, stderr } = await runInProcess('predict', model, images, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('the images of predict', () => {
  const filesOf = (stdout: string): unknown[] => JSON.parse(stdout).images.map(({ file }: { file: string }) => file);

  it('are predicted although a path is missing, which is reported in its place, with code 1', async () => {
    const { model, images, black, white } = await fixture();
    const [gone, none] = [join(images, 'gone.png'), join(images, '*.gif')];
    const { code, stdout, stderr } = await runInProcess('predict', model, black, gone, none, white, '--csv');
    expect(code).toBe(1);
    const rows = parseCsv(stdout).slice(1);
    expect(rows.map(([file]) => file)).toEqual([black, gone, none, white]);
    expect(rows.map((row) => row.at(-1))).toEqual([
      '',
      'it does not exist; check the path',
      expect.stringMatching(/^there are no images .* that match it; give images, or a folder with images$/),
      '',
    ]);
    expect(stderr.split('\n').slice(0, -1)).toEqual([
      `error: cannot read the image ${gone}: it does not exist; check the path`,
      expect.stringMatching(/^error: cannot read the image .*\*\.gif: there are no images/),
      'error: 2 of 4 images could not be read; mend or leave them out',
    ]);
  });

  it.each([
    ['gone.png', /^error: Cannot read the image gone\.png: it does not exist; check the path\.\n$/],
    ['no-*.png', /^error: there are no images \(PNG, .*\) that match no-\*\.png; give images, .*\n$/],
  ])('are refused with code 2 where there are none: %s', async (path, message) => {
    const { model } = await fixture();
    const { code, stdout, stderr } = await runInProcess('predict', model, path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('keep the structure of their folder, and what else lies there is told', async () => {
    const { model, images } = await fixture();
    const image = await plainImage('grey', SIZE);
    const inner = [await writeIn(images, 'a/x.png', image), await writeIn(images, 'b/x.png', image)];
    await writeIn(images, 'b/notes.txt', 'no image');
    await writeIn(images, '.hidden/y.png', image);
    const { code, stdout, stderr } = await runInProcess(
      'predict',
      model,
      join(images, 'a'),
      join(images, 'b'),
      '--csv',
    );
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `note: 1 file without the name of an image was left out (${join(images, 'b', 'notes.txt')}).\n`,
    });
    expect(
      parseCsv(stdout)
        .slice(1)
        .map(([file]) => file),
    ).toEqual(inner);
    const all = await runInProcess('predict', model, images, '--json');
    expect(filesOf(all.stdout)).toEqual([
      ...[['a,b.png'], ['a', 'x.png'], ['b', 'x.png'], ['c.png']].map((steps) => join(images, ...steps)),
    ]);
    expect(JSON.parse(all.stdout).notes).toHaveLength(1);
  });

  it('of kinds that are not read are told, with what converts them', async () => {
    const { model, images, black } = await fixture();
    const heic = await writeIn(images, 'phone/a.HEIC', 'x');
    const { code, stderr } = await runInProcess('predict', model, images);
    expect(code).toBe(0);
    expect(stderr).toBe(
      `note: 1 HEIC image was left out (${heic}); this converts them: heif-convert IN.heic OUT.png\n`,
    );
    const alone = await runInProcess('predict', model, join(images, 'phone'), black);
    expect(alone.code).toBe(1);
    expect(alone.stderr).toMatch(
      /there are no images .* only 1 other file \(.*a\.HEIC\); this converts them: heif-convert /,
    );
  });

  it('may be named by a pattern, and twice', async () => {
    const { model, images, black, white } = await fixture();
    const { code, stdout } = await runInProcess('predict', model, join(images, '?.png'), join(images, '*'), '--json');
    expect(code).toBe(0);
    expect(filesOf(stdout)).toEqual([white, black, white]);
  });
});

describe('predict --explain', () => {
  const namesIn = (folder: string): string[] => readdirSync(folder).sort();

  it('draws a picture for each image that can be read, and names it', async () => {
    const { model, images, broken } = await fixture();
    await writeIn(images, 'b.png', await encodePng(noiseImages(1, { channels: 3, ...SIZE }), { channels: 3, ...SIZE }));
    await writeIn(images, 'd.png', 'no image');
    const out = join(images, '..', 'seen');
    const { code, stdout } = await runInProcess('predict', model, images, images, '--json', '--explain', out);
    expect(code).toBe(1);
    const answers: { file: string; class: string; explanation?: string; top: { probability: number }[] }[] =
      JSON.parse(stdout).images;
    expect(answers.map(({ explanation }) => explanation !== undefined)).toEqual([1, 1, 1, 0, 1, 1, 1, 0].map(Boolean));
    const pictures = answers.flatMap(({ explanation }) => explanation ?? []);
    expect(pictures.map((path) => basename(path)).sort()).toEqual(namesIn(out));
    expect(new Set(pictures).size).toBe(6);
    for (const { file, class: name, explanation, top } of answers.filter((answer) => answer.file !== broken)) {
      const said = `${basename(file, '.png').replace(',', '-')}-${name === 'a "dog", big' ? 'a-dog-big' : name}`;
      expect(basename(explanation ?? '')).toMatch(
        new RegExp(`^[1-8]-${said}-${Math.round(100 * (top[0]?.probability ?? 0))}\\.png$`),
      );
      expect(await sharp(explanation).metadata()).toMatchObject({ format: 'png', width: 456, height: 224 });
    }
    // The same image, the same picture.
    expect(readFileSync(pictures[0] ?? '').equals(readFileSync(pictures[3] ?? ''))).toBe(true);
    expect(readFileSync(pictures[0] ?? '').equals(readFileSync(pictures[1] ?? ''))).toBe(false);
  });

  it('says where they are, also as a column', async () => {
    const { model, images, black, white } = await fixture();
    const out = join(images, '..', 'new', 'seen');
    const { code, stdout, stderr } = await runInProcess('predict', model, images, '--csv', '--explain', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `${out}: what the model looks at in 2 images\n` });
    const [head, ...rows] = parseCsv(stdout);
    expect(head?.slice(-2)).toEqual(['explanation', 'error']);
    expect(rows.map((row) => [row[0], existsSync(row.at(-2) ?? '')])).toEqual([
      [black, true],
      [white, true],
    ]);
  });

  it('writes into no folder that has something in it, and takes no image for a folder', async () => {
    const { model, images, black, white } = await fixture();
    const full = await runInProcess('predict', model, images, '--explain', images);
    expect({ code: full.code, stdout: full.stdout }).toEqual({ code: 2, stdout: '' });
    expect(full.stderr).toBe(`error: ${images} is not empty; give an empty or a new folder with --explain\n`);
    const swallowed = await runInProcess('predict', model, white, '--explain', black);
    expect(swallowed.code).toBe(2);
    expect(swallowed.stderr).toMatch(/^error: Cannot create the folder .*a,b\.png: a file is in its place/);
    expect((await runInProcess('predict', model, '--explain', black)).code).toBe(2);
    expect(namesIn(images)).toEqual(['a,b.png', 'c.png']);
  });
});

/** RFC 4180, read character by character. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (const line of text.split('\r\n').slice(0, -1)) {
    const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)];
    rows.push(cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ''));
  }
  return rows;
}
