import { describe, expect, it } from 'vitest';
import { encodeTarGz, type TarEntry } from '../../../test/support/cifar-fixtures.ts';
import { temporaryFolder, writeIn } from '../../../test/support/data-fixtures.ts';
import { DataFormatError } from '../../errors.ts';
import { tarFiles } from './tar.ts';

/** Names and contents of the wanted files. */
async function readFiles(entries: readonly TarEntry[], isWanted = (_: string): boolean => true) {
  const path = await writeIn(await temporaryFolder(), 'a.tar.gz', encodeTarGz(entries));
  const files: Record<string, string> = {};
  for await (const { name, content } of tarFiles(path, isWanted)) files[name] = content.toString();
  return files;
}

const base256 = (hex: string): Buffer => Buffer.from(hex.padStart(22, '0').padStart(24, '80'), 'hex');
const last = { name: 'last', content: 'z' };

describe('tarFiles', () => {
  it('reads sizes in base 256', async () => {
    const files = await readFiles([{ name: 'first', content: 'abc', size: base256('3') }, last]);
    expect(files).toEqual({ first: 'abc', last: 'z' });
    const long = 'x'.repeat(600);
    expect(await readFiles([{ name: 'long', content: long, size: base256('0258') }, last])).toEqual({
      long,
      last: 'z',
    });
  });

  it('takes an empty size for 0, as old writers leave it for folders', async () => {
    expect(await readFiles([{ name: 'a/', content: '', type: '5', size: Buffer.alloc(12) }, last])).toEqual({
      last: 'z',
    });
  });

  it('takes the size of a pax record before that of the header', async () => {
    const pax = { name: 'pax', content: '9 size=3\n', type: 'x' };
    expect(await readFiles([pax, { name: 'first', content: 'abc', size: 0 }, last])).toEqual({
      first: 'abc',
      last: 'z',
    });
  });

  it.each<[string, TarEntry, string]>([
    [
      // Header of a file of 9 GiB as tarfile of Python writes it.
      'a wanted file of 9 GiB',
      { name: 'big', content: 'x', size: Buffer.from('800000000000000240000000', 'hex') },
      'byte 124: big has 9663676416 bytes, at most ',
    ],
    [
      'a size of 2⁵³',
      { name: 'link', content: '', type: '2', size: base256('20000000000000') },
      'byte 124: link has 2⁵³ bytes or more, at most 9007199254740991 can be passed over; check how the archive was made.',
    ],
    [
      'the largest size there is',
      { name: 'big', content: '', size: Buffer.alloc(12, 0xff).fill(0x80, 0, 1) },
      'byte 124: big has 2⁵³ bytes or more, at most ',
    ],
    [
      'a negative size',
      { name: 'big', content: '', size: Buffer.alloc(12, 0xff) },
      'byte 124: the size "ÿÿÿÿÿÿÿÿÿÿÿÿ" is not a number; copy it again.',
    ],
    [
      'a size of letters',
      { name: 'big', content: '', size: Buffer.from('0000000008x\0') },
      'byte 124: the size "0000000008x\\u0000" is not a number; copy it again.',
    ],
  ])('refuses %s', async (_, entry, message) => {
    const reading = readFiles([entry, last]);
    await expect(reading).rejects.toThrow(DataFormatError);
    await expect(reading).rejects.toThrow(message);
  });

  it('names a file that is passed over and longer than the archive', async () => {
    const big = { name: 'big', content: 'x', size: Buffer.from('800000000000000240000000', 'hex') };
    await expect(readFiles([big, last], (name) => name !== 'big')).rejects.toThrow(
      'the archive ends in the middle of big',
    );
  });
});
