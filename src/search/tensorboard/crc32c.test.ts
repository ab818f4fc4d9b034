import { describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from './crc32c.ts';

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe('crc32c', () => {
  // RFC 3720, appendix B.4; the bytes stand there in the order in which they are sent, lowest first.
  it.each<[string, Uint8Array, number]>([
    ['32 bytes of zeroes', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 bytes of incrementing 00..1f', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['32 bytes of decrementing 1f..00', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['an iSCSI SCSI Read (10) command', scsiRead(), 0xd9963a56],
  ])('is RFC 3720’s of %s', (_, data, expected) => {
    expect(crc32c(data)).toBe(expected);
  });

  it('is the usual check value of "123456789", and 0 of nothing', () => {
    expect(crc32c(bytes('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array())).toBe(0);
  });

  it('is masked as TensorFlow does', () => {
    // From a real event file: tensorboard/data/server/masked_crc.rs.
    expect(maskedCrc32c(bytes('\x1a\x11CRC test, one two'))).toBe(0x5794d08a);
  });
});

function scsiRead(): Uint8Array {
  const command = new Uint8Array(48);
  command.set([0x01, 0xc0], 0);
  command[16] = 0x14;
  command[22] = 0x04;
  command[27] = 0x14;
  command[31] = 0x18;
  command[32] = 0x28;
  command[40] = 0x02;
  return command;
}
