import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataFormatError } from '../../errors.ts';
import { decodePieces, decodeText } from './decode-text.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const utf16le = (text: string): Buffer => Buffer.from(text, 'utf16le');
const utf16be = (text: string): Buffer => utf16le(text).swap16();
const rows = 'file,label\n1.png,Bär\n2.png,кот\n3.png,猫🐈\n';

/** As a stream of pieces of this many bytes. */
async function decodeStream(bytes: Buffer, size: number): Promise<{ text: string; notes: string[] }> {
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const notes: string[] = [];
  const decoded: Buffer[] = [];
  for await (const piece of decodePieces('/data/a.csv', pieces(), (note) => notes.push(note))) decoded.push(piece);
  return { text: Buffer.concat(decoded).toString(), notes };
}

describe('decodeText', () => {
  it.each<[string, Buffer, string]>([
    ['UTF-8', Buffer.from(rows), 'utf-8'],
    ['UTF-8 with a byte-order mark', Buffer.from(`\ufeff${rows}`), 'utf-8'],
    ['UTF-16 LE', utf16le(`\ufeff${rows}`), 'utf-16le'],
    ['UTF-16 BE', utf16be(`\ufeff${rows}`), 'utf-16be'],
  ])('reads %s', (_, bytes, encoding) => {
    expect(decodeText(bytes, 'a.csv')).toEqual({ text: rows, encoding });
  });

  it.each<[string, Buffer, string]>([
    ['utf-16le', utf16le(rows), 'utf-16le'],
    ['utf-16be', utf16be(rows), 'utf-16be'],
  ])('reads %s without a byte-order mark, and says so', (_, bytes, encoding) => {
    const note = 'a.csv was read as UTF-16, since every other byte is zero.';
    expect(decodeText(bytes, '/data/a.csv')).toEqual({ text: rows, encoding, note });
  });

  it('reads windows-1252, and says so', () => {
    const text = 'p1.png;Bär\r\np2.png;Bör\r\np3.png;5 €, “thé”';
    const bytes = latin1(text.replace('€', '\x80').replace('“', '\x93').replace('”', '\x94'));
    const note = 'labels.csv is not UTF-8: it was read as windows-1252.';
    expect(decodeText(bytes, '/data/labels.csv')).toEqual({ text, encoding: 'windows-1252', note });
    expect(decodeText(latin1('caf\xe9'), 'a').text).toBe('café');
  });

  it('reads every byte of windows-1252 as its own character, as the standard has them', () => {
    // As Python writes them: bytes([...]).decode('cp1252').
    const high = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';
    const codes = [...Array(128).keys()].map((i) => i + 128).filter((i) => ![0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(i));
    const characters = [...decodeText(Buffer.from([0xe9, 0x20, ...codes]), 'a').text].slice(2);
    expect(characters.slice(0, 27).join('')).toBe(high);
    expect(characters.slice(27).map((c) => c.charCodeAt(0))).toEqual(codes.slice(27));
  });

  it.each<[string, Buffer, string]>([
    [
      'two encodings in one file',
      Buffer.concat([Buffer.from('1.png,Bär\n2.png,'), latin1('Bär')]),
      '/data/a.csv, byte 18: byte e4 after "2.png,B" is not UTF-8, but the text before it is; save it again as UTF-8 (Excel: CSV UTF-8).',
    ],
    [
      'a byte that windows-1252 does not have',
      latin1('a,\xe9\nb,\x81'),
      '/data/a.csv, byte 6: byte 81 after "b," is neither UTF-8 nor windows-1252; save it again',
    ],
    [
      'text that is not UTF-8 after its byte-order mark',
      latin1('\xef\xbb\xbfabc\xe9'),
      '/data/a.csv, byte 6: byte e9 after "abc" is not UTF-8, but the text before it is;',
    ],
    [
      'half a character of UTF-16',
      Buffer.concat([utf16le('\ufeffabc'), Buffer.of(1)]),
      '/data/a.csv, byte 2: what follows is not UTF-16 throughout, though the file begins as such;',
    ],
    ['a lone surrogate', utf16le('\ufeffab\ud800c'), 'byte 2: what follows is not UTF-16 throughout, though'],
    [
      'bytes of 0',
      Buffer.from('abc\0def'),
      'byte 3: a character of code 0, so this is not a text, or its encoding is not known;',
    ],
    ['UTF-32', Buffer.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0), 'byte 2: a character of code 0'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeText(bytes, '/data/a.csv')).toThrow(DataFormatError);
    expect(() => decodeText(bytes, '/data/a.csv')).toThrow(message);
  });

  it('never loses or invents a character: text comes back from every encoding', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((s) => !s.includes('\0'));
    fc.assert(
      fc.property(text, (s) => {
        const plain = s.replace(/^\ufeff+/, '');
        expect(decodeText(Buffer.from(`\ufeff${plain}`), 'a').text).toBe(plain);
        expect(decodeText(utf16le(`\ufeff${plain}`), 'a').text).toBe(plain);
        expect(decodeText(utf16be(`\ufeff${plain}`), 'a').text).toBe(plain);
        expect(decodeText(Buffer.from(plain), 'a').text).toBe(plain);
      }),
    );
  });

  it('gives different texts for different bytes, or an error', () => {
    const decode = (bytes: Uint8Array): string => {
      try {
        return decodeText(bytes, '/data/a').text;
      } catch (error) {
        if (!(error instanceof DataFormatError)) throw error;
        expect(error.message).toMatch(/^\/data\/a, byte \d+: .*; save it again as UTF-8 \(Excel: CSV UTF-8\)\.$/);
        return '';
      }
    };
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (a, at, by) => {
          const b = a.map((byte, i) => (i === at % a.length ? byte ^ by : byte));
          const [one, other] = [decode(a), decode(b)];
          if (one !== '' && other !== '' && decodeText(a, 'a').encoding === decodeText(b, 'a').encoding) {
            expect(one).not.toBe(other);
          }
          if (one.includes('\ufffd')) expect(Buffer.from(a).includes('\ufffd')).toBe(true);
        },
      ),
    );
  });
});

describe('decodePieces', () => {
  it('gives the same wherever the pieces end', async () => {
    const long = rows.repeat(60);
    const whole = [
      Buffer.from(long),
      utf16le(`\ufeff${long}`),
      utf16be(long),
      latin1('a,b\n'.repeat(400).concat('Bär')),
    ];
    for (const bytes of whole) {
      const { text, note } = decodeText(bytes, 'a.csv');
      for (const size of [1, 7, 1023, 5000]) {
        expect(await decodeStream(bytes, size)).toEqual({ text, notes: note === undefined ? [] : [note] });
      }
    }
  });

  it('gives nothing for nothing', async () => {
    expect(await decodeStream(Buffer.alloc(0), 1)).toEqual({ text: '', notes: [] });
  });

  it('finds the byte where a second encoding begins, in any piece', async () => {
    const bytes = Buffer.concat([Buffer.from(rows.repeat(60)), latin1('Bär')]);
    for (const size of [1, 1000, 100_000]) {
      await expect(decodeStream(bytes, size)).rejects.toThrow(`byte ${bytes.length - 2}: byte e4`);
    }
  });
});
