import { describe, expect, it } from 'vitest';
import { readEventFile } from '../../../test/support/read-event-file.ts';
import { histogramOf } from '../../evaluation/tensor-histogram.ts';
import { encodeEventRecord, encodeVersionRecord, frameRecord } from './event-record.ts';

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');

describe('event records', () => {
  it('are framed as TensorFlow frames them', () => {
    // A scalar that tf.summary wrote: tensorboard/data/server/tf_record.rs.
    const data = bytes(
      '\x09\xc4\x05\xb7\x3d\x99\xd6\xd7\x41\x10\x4d\x2a\x25\x0a\x23\x0a\x08accuracy\x42\x0a\x08\x01\x12\x00\x22\x04\xa4\x70\x7d\x3f\x4a\x0b\x0a\x09\x0a\x07scalars',
    );
    const before = bytes('\x32\x00\x00\x00\x00\x00\x00\x00\x24\x19\x56\xec');
    const after = bytes('\xa5\x5b\x64\x33');
    expect(hex(frameRecord(data))).toBe(hex(before) + hex(data) + hex(after));
  });

  it('are, byte for byte, what another writer writes', () => {
    // Its wall time is 256.5: tests/test_tensorboard_logger.py of tensorboard_logger.
    const version = bytes(
      '\x18\x00\x00\x00\x00\x00\x00\x00\xa3\x7fK"\t\x00\x00\x00\x00\x00\x08p@\x1a\rbrain.Event:2\xbc\x98!+',
    );
    const first = bytes(
      '\x19\x00\x00\x00\x00\x00\x00\x00\x8b\xf1\x08(\t\x00\x00\x00\x00\x00\x08p@\x10\x01*\x0c\n\n\n\x03v/1\x15\x00\x00\xc0?,\xec\xc0\x87',
    );
    const second = bytes(
      '\x1a\x00\x00\x00\x00\x00\x00\x00\x12\x9b\xd8-\t\x00\x00\x00\x00\x00\x08p@\x10\x02*\r\n\x0b\n\x04v/22\x15\x00\x00\x80A\x8f\xa3\xb6\x88',
    );
    const scalar = (step: number, tag: string, value: number) =>
      encodeEventRecord({ wallTime: 256.5, step, values: [{ kind: 'scalar', tag, value }] });
    expect(hex(encodeVersionRecord(256.5))).toBe(hex(version));
    expect(hex(scalar(1, 'v/1', 1.5))).toBe(hex(first));
    expect(hex(scalar(2, 'v/22', 16))).toBe(hex(second));
  });

  it('give an independent reader what was written', () => {
    const weights = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
    const histogram = histogramOf(weights);
    if (histogram === undefined) throw new Error('no histogram');
    const content = Uint8Array.of(1, 2, 3);
    const record = encodeEventRecord({
      wallTime: 1_234_567_890.125,
      step: 2 ** 40,
      values: [
        { kind: 'scalar', tag: 'größe', value: -0.5 },
        { kind: 'histogram', tag: 'weights/w', histogram },
        { kind: 'metadata', tag: 'meta', plugin: 'hparams', content },
      ],
    });
    const { min, max, count, sum, sumOfSquares, limits, counts } = histogram;
    const read = { min, max, num: count, sum, sumSquares: sumOfSquares, limits: [...limits], buckets: [...counts] };
    expect(readEventFile(record)).toEqual([
      {
        wallTime: 1_234_567_890.125,
        step: 2 ** 40,
        fileVersion: undefined,
        values: [
          { tag: 'größe', scalar: -0.5 },
          { tag: 'weights/w', histogram: read },
          // DT_FLOAT, shape [0].
          { tag: 'meta', tensor: Uint8Array.of(8, 1, 18, 2, 18, 0), plugin: { name: 'hparams', content } },
        ],
      },
    ]);
  });

  it('are refused by the reader of these tests if a bit is flipped', () => {
    const record = encodeVersionRecord(1);
    for (const [i] of record.entries()) {
      const damaged = record.slice();
      damaged[i] = (damaged[i] ?? 0) ^ 1;
      expect(() => readEventFile(damaged)).toThrow();
    }
  });
});
