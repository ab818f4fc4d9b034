import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainImage, temporaryFolder, writeIn } from '../../../test/support/data-fixtures.ts';
import { runInProcess } from '../../../test/support/run-program.ts';
import { smallModel } from '../../../test/support/small-model.ts';

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
    [['gone.png'], /^error: Cannot read the image gone\.png: it does not exist; check the path\.\n$/],
  ])('refuses %j with code 2 and one line', async (args, message) => {
    const { model, images } = await fixture();
    const { code, stdout, stderr } = await runInProcess('predict', model, images, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
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
