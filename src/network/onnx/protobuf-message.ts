// Reads a protobuf message without knowing its type: fields are accessed by number.

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** The fields of a protobuf message. Nested messages are parsed on demand. */
export interface Message {
  messages(field: number): readonly Message[];
  /** Empty if absent. */
  text(field: number): string;
  /** In order; empty if absent. */
  texts(field: number): readonly string[];
  /** Empty if absent. */
  bytes(field: number): Uint8Array;
  /** In order; empty if absent. */
  bytesOf(field: number): readonly Uint8Array[];
  /** In order; empty if absent. */
  numbers(field: number): readonly number[];
  /** 0 if absent. */
  number(field: number): number;
}

/** @throws {Error} if the bytes are not a message, or a field is not of the requested kind. */
export function readMessage(bytes: Uint8Array): Message {
  const fields: { readonly field: number; readonly value: Uint8Array | number }[] = [];
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited) fields.push({ field, value: reader.bytes() });
    else if (wireType === WireType.Varint) fields.push({ field, value: Number(reader.int64()) });
    else reader.skip(wireType, field);
  }
  const valuesOf = (field: number): (Uint8Array | number)[] =>
    fields.filter((entry) => entry.field === field).map(({ value }) => value);
  const firstOf = (field: number): Uint8Array => requireBytes(valuesOf(field)[0] ?? new Uint8Array(), field);
  const bytesOf = (field: number): Uint8Array[] => valuesOf(field).map((value) => requireBytes(value, field));
  return {
    messages: (field) => bytesOf(field).map(readMessage),
    text: (field) => new TextDecoder().decode(firstOf(field)),
    texts: (field) => bytesOf(field).map((value) => new TextDecoder().decode(value)),
    bytes: firstOf,
    bytesOf,
    numbers: (field) => valuesOf(field).map(Number),
    number: (field) => Number(valuesOf(field)[0] ?? 0),
  };
}

function requireBytes(value: Uint8Array | number, field: number): Uint8Array {
  if (typeof value === 'number') throw new RangeError(`field ${field} is a number, bytes were expected`);
  return value;
}
