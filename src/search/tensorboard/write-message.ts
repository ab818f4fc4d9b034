import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Writes a message, or a packed list, as a field of another message. */
export function writeMessage(writer: BinaryWriter, field: number, write: (body: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}
