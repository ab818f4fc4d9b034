import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, writeIn } from '../../../test/support/data-fixtures.ts';
import { withZip } from './zip.ts';
import { decodeEntryName, findExtraField } from './zip-fields.ts';

const UTF_8 = 1 << 11;
const none = Buffer.alloc(0);

const field = (id: number, content: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(content.length, 2);
  return Buffer.concat([head, content]);
};

/** The extra field 0x7075: version, CRC-32 of the other name, this name. */
const unicodePath = (crc: number, name: string, version = 1): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt8(version, 0);
  head.writeUInt32LE(crc, 1);
  return field(0x7075, Buffer.concat([head, Buffer.from(name)]));
};

describe('decodeEntryName', () => {
  const utf8 = Buffer.from('Käse');
  const cp437 = Buffer.from('Stra\xe1e \x82\x9b\xff', 'latin1');

  it.each<[string, Parameters<typeof decodeEntryName>[0], ReturnType<typeof decodeEntryName>]>([
    ['UTF-8 where bit 11 says so', { bytes: utf8, flags: UTF_8, extra: none }, { name: 'Käse', encoding: 'utf-8' }],
    [
      'UTF-8 without it, as many programs write it',
      { bytes: utf8, flags: 0, extra: none },
      { name: 'Käse', encoding: 'utf-8' },
    ],
    [
      'code page 437 otherwise',
      { bytes: cp437, flags: 0, extra: none },
      { name: 'Straße é¢\u00a0', encoding: 'cp437' },
    ],
    ['nothing if bit 11 is wrong', { bytes: cp437, flags: UTF_8, extra: none }, undefined],
  ])('reads %s', (_, bytes, name) => {
    expect(decodeEntryName(bytes)).toEqual(name);
  });

  it('gives different names for different bytes, none with the sign for an unknown character', () => {
    const name = fc
      .uint8Array({ minLength: 1, maxLength: 6 })
      .filter((bytes) => !Buffer.from(bytes).includes('\ufffd'));
    const nameOf = (bytes: Uint8Array) => decodeEntryName({ bytes: Buffer.from(bytes), flags: 0, extra: none });
    fc.assert(
      fc.property(name, name, (a, b) => {
        const [one, other] = [nameOf(a), nameOf(b)];
        expect(one?.name).not.toContain('\ufffd');
        if (one?.encoding === other?.encoding) expect(one?.name === other?.name).toBe(Buffer.compare(a, b) === 0);
      }),
    );
  });

  it('takes the name in an extra field of Info-ZIP if it belongs to the name in the directory', () => {
    // CRC-32 of "123456789", the check value of the algorithm.
    const bytes = Buffer.from('123456789');
    const nameWith = (extra: Buffer) => decodeEntryName({ bytes, flags: 0, extra })?.name;
    const others = field(0x5455, Buffer.alloc(5));
    expect(nameWith(Buffer.concat([others, unicodePath(0xcbf43926, 'кот')]))).toBe('кот');
    expect(nameWith(unicodePath(0xcbf43927, 'кот'))).toBe('123456789');
    expect(nameWith(unicodePath(0xcbf43926, 'кот', 2))).toBe('123456789');
    expect(nameWith(unicodePath(0xcbf43926, ''))).toBe('123456789');
    expect(nameWith(unicodePath(0xcbf43926, 'кот').subarray(0, 7))).toBe('123456789');
  });
});

describe('findExtraField', () => {
  it('stops at the end of what is cut off', () => {
    const extra = Buffer.concat([field(7, Buffer.of(1, 2)), field(1, Buffer.of(3, 4))]);
    expect(findExtraField(extra, 1)).toEqual(Buffer.of(3, 4));
    expect(findExtraField(extra.subarray(0, -1), 1)).toEqual(Buffer.of(3));
    expect(findExtraField(extra.subarray(0, 9), 1)).toBeUndefined();
    expect(findExtraField(none, 1)).toBeUndefined();
  });
});

describe('withZip', () => {
  const namesIn = async (hex: string): Promise<readonly string[]> => {
    const path = await writeIn(await temporaryFolder(), 'a.zip', Buffer.from(hex, 'hex'));
    return withZip(path, async ({ names }) => names);
  };

  it('reads names that zipfile of Python wrote in code page 437', async () => {
    expect(await namesIn(PYTHON_CP437)).toEqual(['café/1.txt', 'Straße/2.txt']);
  });

  it('reads names that zip 3.0 of Info-ZIP wrote on Linux', async () => {
    expect(await namesIn(INFO_ZIP)).toEqual(['kočka/', 'kočka/1.txt']);
  });
});

const PYTHON_CP437 =
  '504b0304140000000000000021008316dc8c01000000010000000a000000636166822f312e74787478504b03041400000000000000210083' +
  '16dc8c01000000010000000c00000053747261e1652f322e74787478504b01021403140000000000000021008316dc8c0100000001000000' +
  '0a0000000000000000000000800100000000636166822f312e747874504b01021403140000000000000021008316dc8c0100000001000000' +
  '0c000000000000000000000080012900000053747261e1652f322e747874504b0506000000000200020072000000540000000000';
const INFO_ZIP =
  '504b03040a0000000000b1827c5d000000000000000000000000070000006b6fc48d6b612f504b03040a0000000000b1827c5d8316dc8c01' +
  '000000010000000c0000006b6fc48d6b612f312e74787478504b01021e030a0000000000b1827c5d00000000000000000000000007000000' +
  '0000000000001000ed41000000006b6fc48d6b612f504b01021e030a0000000000b1827c5d8316dc8c01000000010000000c000000000000' +
  '0001000000a481250000006b6fc48d6b612f312e747874504b050600000000020002006f000000500000000000';
