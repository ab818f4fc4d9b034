import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, writeIn } from '../../../../test/support/data-fixtures.ts';
import { readLines } from './csv-lines.ts';

async function linesOf(bytes: Buffer): Promise<{ lines: string[]; notes: string[] }> {
  const path = await writeIn(await temporaryFolder(), 'labels.csv', bytes);
  const notes: string[] = [];
  const lines: string[] = [];
  for await (const { row, bytes: line } of readLines(path, (note) => notes.push(note))) lines.push(`${row}: ${line}`);
  return { lines, notes };
}

describe('readLines', () => {
  const text = 'file;label\r\n\r\n1.png;Bär\r\n2.png;Bör';
  const lines = ['1: file;label', '3: 1.png;Bär', '4: 2.png;Bör'];
  const guess = 'labels.csv is not UTF-8: it was read as windows-1252.';

  it.each<[string, Buffer, string[]]>([
    ['UTF-8', Buffer.from(text), []],
    ['UTF-8 with a byte-order mark', Buffer.from(`\ufeff${text}`), []],
    ['UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le'), []],
    ['windows-1252', Buffer.from(text, 'latin1'), [guess]],
  ])('gives lines in UTF-8 from %s, compressed or not', async (_, bytes, notes) => {
    expect(await linesOf(bytes)).toEqual({ lines, notes });
    expect(await linesOf(gzipSync(bytes))).toEqual({ lines, notes });
  });

  it('refuses a file in two encodings, with the byte', async () => {
    const bytes = Buffer.concat([Buffer.from(text), Buffer.from('\r\n3.png;Bär', 'latin1')]);
    await expect(linesOf(bytes)).rejects.toThrow(
      `labels.csv, byte ${bytes.length - 2}: byte e4 after "3.png;B" is not UTF-8, but the text before it is; save it again as UTF-8 (Excel: CSV UTF-8).`,
    );
  });
});
