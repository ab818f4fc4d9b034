// The records of an event file: TFRecords that contain Event messages. Field numbers are those of TensorBoard's
// compat/proto/{event,summary,histogram,tensor,tensor_shape}.proto; fields of value 0 are left out, as in any proto3
// writer.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { TensorHistogram } from '../../evaluation/tensor-histogram.ts';
import { maskedCrc32c } from './crc32c.ts';
import { writeMessage } from './write-message.ts';

export type SummaryValue =
  | { readonly kind: 'scalar'; readonly tag: string; readonly value: number }
  | { readonly kind: 'histogram'; readonly tag: string; readonly histogram: TensorHistogram }
  /** Only metadata for a plugin. */
  | { readonly kind: 'metadata'; readonly tag: string; readonly plugin: string; readonly content: Uint8Array };

export interface SummaryEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly values: readonly SummaryValue[];
}

const FILE_VERSION = 'brain.Event:2';
/** Length, its checksum, the checksum of the data. */
const FRAME_BYTES = 8 + 4 + 4;
const DT_FLOAT = 1;

/** The first record of every event file. */
export function encodeVersionRecord(wallTime: number): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(wallTime);
  writer.tag(3, WireType.LengthDelimited).string(FILE_VERSION);
  return frameRecord(writer.finish());
}

export function encodeEventRecord({ wallTime, step, values }: SummaryEvent): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(wallTime);
  if (step !== 0) writer.tag(2, WireType.Varint).int64(step);
  writeMessage(writer, 5, (summary) => {
    for (const value of values) writeMessage(summary, 1, (body) => writeValue(body, value));
  });
  return frameRecord(writer.finish());
}

/**
 * One TFRecord: uint64 length, uint32 masked CRC of the length, data, uint32 masked CRC of the data; little-endian.
 *
 * @see TensorFlow, core/lib/io/record_writer.cc
 */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(FRAME_BYTES + data.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

function writeValue(writer: BinaryWriter, value: SummaryValue): void {
  writer.tag(1, WireType.LengthDelimited).string(value.tag);
  switch (value.kind) {
    case 'scalar':
      writer.tag(2, WireType.Bit32).float(value.value);
      break;
    case 'histogram':
      writeMessage(writer, 5, (body) => writeHistogram(body, value.histogram));
      break;
    case 'metadata':
      writeMessage(writer, 8, writeNullTensor);
      writeMessage(writer, 9, (metadata) =>
        writeMessage(metadata, 1, (plugin) => {
          plugin.tag(1, WireType.LengthDelimited).string(value.plugin);
          plugin.tag(2, WireType.LengthDelimited).bytes(value.content);
        }),
      );
      break;
  }
}

function writeHistogram(writer: BinaryWriter, histogram: TensorHistogram): void {
  const { min, max, count, sum, sumOfSquares, limits, counts } = histogram;
  for (const [i, value] of [min, max, count, sum, sumOfSquares].entries()) {
    writer.tag(i + 1, WireType.Bit64).double(value);
  }
  writeMessage(writer, 6, (packed) => {
    for (const limit of limits) packed.double(limit);
  });
  writeMessage(writer, 7, (packed) => {
    for (const bucket of counts) packed.double(bucket);
  });
}

/** A float vector of length 0: readers drop values without a tensor (NULL_TENSOR in plugins/hparams/metadata.py). */
function writeNullTensor(writer: BinaryWriter): void {
  writer.tag(1, WireType.Varint).int32(DT_FLOAT);
  writeMessage(writer, 2, (shape) => writeMessage(shape, 2, () => {}));
}
