import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { encodeCsv } from '../../../test/support/array-fixtures.ts';
import { randomExamples, temporaryFolder, writeIn } from '../../../test/support/data-fixtures.ts';
import { runInProcess } from '../../../test/support/run-program.ts';

const shape = { channels: 1, height: 8, width: 8 };

const writeDigits = async (): Promise<string> => {
  const folder = await temporaryFolder();
  vi.stubEnv('AUTO_CNN_CACHE', join(folder, 'cache'));
  const examples = randomExamples(40, shape, 2);
  const labels = examples.labels.map((label, i) => (i < 24 ? 0 : label));
  return writeIn(folder, 'digits.csv', encodeCsv({ ...examples, labels }, shape).replaceAll(/^1,/gm, 'one <&>,'));
};

describe('data', () => {
  it('prints classes, counts, size, mean, deviation and notes', async () => {
    const { code, stdout, stderr } = await runInProcess('data', await writeDigits(), '--test', '0.2');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replaceAll(/\d+\.\d\n/g, 'N\n').replace(/[0-9a-f]{64}/, 'HASH')).toBe(
      `note: Labels: digits.csv, column label.
note: No test part in the data: 8 of 40 images were split off as one (stratified, seed 0).
Data         digits
Images       32 training, 8 test
Size         8 × 8, grey
Mean         N
Deviation    N
Fingerprint  HASH

  class     training       test
  0               26          6
  one <&>          6          2
`,
    );
  });

  it('prints one JSON object, and writes a contact sheet', async () => {
    const source = await writeDigits();
    const sheet = join(source, '..', 'sheets', 'digits.png');
    const { stdout } = await runInProcess('data', source, '--json', '--sheet', sheet, '--channels-in', 'rgb');
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'digits',
      shape: { channels: 3, height: 8, width: 8 },
      classes: [
        { name: '0', train: 29, test: 3 },
        { name: 'one <&>', train: 7, test: 1 },
      ],
      sheet,
    });
    const { format, height, width } = await sharp(await readFile(sheet)).metadata();
    expect({ format, height, width }).toEqual({ format: 'png', height: 4 + 2 * 52, width: 170 + 12 * 52 });
    const { data, info } = await sharp(sheet).raw().toBuffer({ resolveWithObject: true });
    const isInked = (fromX: number, toX: number, fromY: number): boolean => {
      for (let y = fromY; y < fromY + 48; y++) {
        for (let x = fromX; x < toX; x++) if ((data[(y * info.width + x) * info.channels] ?? 255) < 100) return true;
      }
      return false;
    };
    // Images of both rows; the second has seven and no more.
    expect([isInked(170, 218, 4), isInked(170, 218, 56), isInked(170 + 11 * 52, 794, 4)]).toEqual([true, true, true]);
    expect(isInked(170 + 7 * 52, 794, 56)).toBe(false);
  });

  it.each([
    [['--sheet', 'a.jpg'], 'The contact sheet is a PNG: its name must end in .png, got a.jpg.'],
    [['--layout', 'nwch'], '--layout must be'],
  ])('refuses %j', async (options, message) => {
    const { code, stdout, stderr } = await runInProcess('data', await writeDigits(), ...options);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
