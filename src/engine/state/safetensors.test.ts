import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toyNetwork } from '../../../test/support/toy-data.ts';
import { DataFormatError } from '../../errors.ts';
import { createRng } from '../../random/rng.ts';
import { initialiseState } from './initialise.ts';
import { decodeSafetensors, decodeState, encodeSafetensors, encodeState, type NamedTensor } from './safetensors.ts';

const TINY = '{"__metadata__":{"by":"me"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}';

/** The bytes of a file, put together by hand as the format's description says. */
function fileOf(header: string, data: Uint8Array = new Uint8Array(), headerBytes = Buffer.byteLength(header)): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerBytes));
  return Buffer.concat([length, Buffer.from(header), data]);
}

const tinyData = Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0]); // 1 and -2.5, little-endian

function refusal(bytes: Uint8Array): DataFormatError {
  try {
    decodeSafetensors(bytes, 'dir/x.safetensors');
  } catch (error) {
    if (error instanceof DataFormatError) return error;
    throw error;
  }
  throw new Error('the bytes were accepted');
}

describe('encodeSafetensors', () => {
  it('writes exactly what the format describes, the header padded to a multiple of 8', () => {
    const tensors = new Map([['w', { shape: [2, 1], data: Float32Array.of(1, -2.5) }]]);
    expect(Buffer.from(encodeSafetensors(tensors, { by: 'me' }))).toEqual(fileOf(TINY.padEnd(88), tinyData));
  });

  it('writes what reads back the same', () => {
    const tensor = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }).chain((shape) =>
      fc
        .float32Array({
          minLength: shape.reduce((a, b) => a * b, 1),
          maxLength: shape.reduce((a, b) => a * b, 1),
        })
        .map((data): NamedTensor => ({ shape, data })),
    );
    const name = fc.string({ unit: 'grapheme' }).filter((text) => !text.startsWith('__'));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, tensor)), fc.dictionary(name, fc.string()), (entries, metadata) => {
        const tensors = new Map(entries);
        const file = decodeSafetensors(encodeSafetensors(tensors, metadata), 'x');
        expect(new Map(file.tensors)).toEqual(tensors);
        expect({ ...file.metadata }).toEqual({ ...metadata });
      }),
      { seed: 1 },
    );
  });
});

describe('decodeSafetensors', () => {
  it('reads a file that another program wrote: no metadata, no padding, tensors in any order', () => {
    const header =
      '{"b":{"dtype":"F32","shape":[],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const { tensors, metadata } = decodeSafetensors(fileOf(header, tinyData), 'x');
    expect(tensors.get('a')).toEqual({ shape: [1], data: Float32Array.of(1) });
    expect(tensors.get('b')).toEqual({ shape: [], data: Float32Array.of(-2.5) });
    expect(metadata).toEqual({});
  });

  it('reads a Buffer, and a view that starts anywhere', () => {
    const file = fileOf(TINY, tinyData);
    for (const offset of [0, 1, 2, 3]) {
      const moved = Buffer.concat([Buffer.alloc(offset), file, Buffer.alloc(3)]);
      const view = moved.subarray(offset, offset + file.length);
      expect(decodeSafetensors(view, 'x').tensors.get('w')?.data).toEqual(Float32Array.of(1, -2.5));
    }
  });

  it('returns tensors that do not change with the buffer they were read from', () => {
    const file = Uint8Array.from(fileOf(TINY, tinyData));
    const { tensors } = decodeSafetensors(file, 'x');
    file.fill(0);
    expect(tensors.get('w')?.data).toEqual(Float32Array.of(1, -2.5));
  });

  const entry = (fields: string) => fileOf(`{"w":{${fields}}}`, tinyData);
  it.each([
    ['no byte', new Uint8Array(), 'it has 0 bytes, but the header length alone takes 8 (byte 0)'],
    [
      'a header longer than the file',
      fileOf('{}', tinyData, 11),
      'its header claims 11 bytes, but only 10 follow (byte 0)',
    ],
    ['an enormous header', Buffer.alloc(20, 0xff), 'its header claims'],
    ['a header that is not JSON', fileOf('{"w":', tinyData), 'its header is not a JSON object (byte 8)'],
    ['a header that is a list', fileOf('[]'), 'its header is not a JSON object'],
    [
      'a header that is not UTF-8',
      Buffer.concat([fileOf('').fill(4, 0, 1), Buffer.alloc(4, 0xff)]),
      'not a JSON object',
    ],
    ['an entry that is not an object', fileOf('{"w":7}'), 'its header is not a JSON object'],
    [
      'another element type',
      entry('"dtype":"F16","shape":[4],"data_offsets":[0,8]'),
      'w is F16, but only F32 is supported',
    ],
    ['no shape', entry('"dtype":"F32","data_offsets":[0,8]'), 'tensor w lacks shape or offsets'],
    ['a negative size', entry('"dtype":"F32","shape":[-2,-1],"data_offsets":[0,8]'), 'tensor w lacks shape or offsets'],
    ['one offset', entry('"dtype":"F32","shape":[2],"data_offsets":[8]'), 'tensor w lacks shape or offsets'],
    ['a shape of more values', entry('"dtype":"F32","shape":[3],"data_offsets":[0,8]'), 'of shape [3] lies at 0..8'],
    ['data beyond the end', entry('"dtype":"F32","shape":[2],"data_offsets":[4,12]'), 'lies at 4..12 of 8 bytes'],
    ['offsets the wrong way round', entry('"dtype":"F32","shape":[],"data_offsets":[8,4]'), 'lies at 8..4'],
    [
      'bytes that belong to no tensor',
      entry('"dtype":"F32","shape":[1],"data_offsets":[0,4]'),
      'overlap or leave gaps (byte 66)',
    ],
    [
      'a hole before a tensor',
      entry('"dtype":"F32","shape":[1],"data_offsets":[4,8]'),
      'overlap or leave gaps (byte 62)',
    ],
    [
      'tensors that overlap',
      fileOf(
        '{"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
        tinyData,
      ),
      'overlap or leave gaps',
    ],
  ])('refuses %s', (_, bytes, message) => {
    const error = refusal(bytes);
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^dir\/x\.safetensors is not a valid safetensors file: .*; write it again$/);
    expect(error.details).toMatchObject({ path: 'dir/x.safetensors', offset: expect.any(Number) });
  });

  const network = toyNetwork('1-2-max');
  const state = initialiseState(network.layout, createRng(1));
  const file = encodeState(network.layout, state, { genome: '1-2-max' });

  it('refuses a file that is cut off anywhere', () => {
    for (let length = 0; length < file.length; length++) refusal(file.subarray(0, length));
  });

  it('reads or refuses a file with flipped bytes, and never fails otherwise', () => {
    const flip = fc.tuple(fc.oneof(fc.nat(8), fc.nat(file.length - 1)), fc.nat(255));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = file.slice();
        for (const [index, value] of changes) damaged[index] = value;
        try {
          decodeState(network.layout, damaged, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(DataFormatError);
        }
      }),
      { numRuns: 1000, seed: 2 },
    );
  });

  it('refuses garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(refusal(bytes)).toBeInstanceOf(DataFormatError);
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});

describe('decodeState', () => {
  it.each(['', 'max', '1-2-max', '4-4-mean-2-2'])('gives back the state of "%s" bit for bit', (genome) => {
    const { layout } = toyNetwork(genome);
    const state = initialiseState(layout, createRng(1));
    const bytes = encodeState(layout, state, { genome });
    expect(decodeState(layout, bytes, 'x')).toEqual(state);
    expect(decodeState(layout, Buffer.from(bytes), 'x')).toEqual(state);
    expect(decodeSafetensors(bytes, 'x').metadata).toEqual({ genome });
  });

  it('refuses the state of another network, and says what does not fit', () => {
    const { layout } = toyNetwork('1-2-max');
    const bytes = encodeState(layout, initialiseState(layout, createRng(1)), {});
    expect(() => decodeState(toyNetwork('1-4-max').layout, bytes, 'x.safetensors')).toThrow(
      expect.objectContaining({
        code: 'DATA_FORMAT',
        message:
          'x.safetensors does not fit the network: tensor layers.0.conv2.weight should be [4,1,3,3], found [2,1,3,3]',
        details: { path: 'x.safetensors', tensor: 'layers.0.conv2.weight' },
      }),
    );
    expect(() => decodeState(toyNetwork('1-2-max-1-2').layout, bytes, 'x')).toThrow(/layers\.2\.conv1.*found none/);
  });
});
