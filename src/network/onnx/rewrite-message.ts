// Changes single fields of a protobuf message and copies all others as they are.

import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Gives the new bytes of a field, or undefined to leave it out. */
export type ChangeField = (bytes: Uint8Array) => Uint8Array | undefined;

/**
 * @param changes  by field number; the fields hold bytes, text or messages.
 * @throws {Error} if the bytes are not a message.
 */
export function rewriteMessage(bytes: Uint8Array, changes: Readonly<Record<number, ChangeField>>): Uint8Array {
  const reader = new BinaryReader(bytes);
  const writer = new BinaryWriter();
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, wireType] = reader.tag();
    const change = wireType === WireType.LengthDelimited ? changes[field] : undefined;
    if (change === undefined) {
      reader.skip(wireType, field);
      writer.raw(bytes.subarray(start, reader.pos));
      continue;
    }
    const changed = change(reader.bytes());
    if (changed !== undefined) writer.tag(field, wireType).bytes(changed);
  }
  return writer.finish();
}

/** For fields of text. */
export function changeText(change: (text: string) => string): ChangeField {
  return (bytes) => new TextEncoder().encode(change(new TextDecoder().decode(bytes)));
}
