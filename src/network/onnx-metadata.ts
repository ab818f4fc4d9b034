// Reads what `encodeOnnx` wrote about a model, without reading its weights.

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { DataFormatError } from '../errors.ts';

/** What every model of ours says about itself. */
export interface ModelMetadata {
  readonly classes: readonly string[];
  /** Canonical text. */
  readonly genome: string;
  readonly version: string;
}

/** ONNX field numbers: ModelProto.metadata_props, StringStringEntryProto.key and .value. */
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;

export function toMetadataProps(metadata: ModelMetadata): Record<string, string> {
  return {
    classes: JSON.stringify(metadata.classes),
    genome: metadata.genome,
    auto_cnn_version: metadata.version,
  };
}

/**
 * @param path  for messages.
 * @throws {DataFormatError} if the bytes are no ONNX file or one that auto-cnn did not write.
 */
export function readModelMetadata(bytes: Uint8Array, path: string): ModelMetadata {
  const props = readMetadataProps(bytes, path);
  const { classes: classesText, genome, auto_cnn_version: version } = props;
  const classes = classesText === undefined ? undefined : parseClasses(classesText);
  if (classes === undefined || genome === undefined || version === undefined) {
    throw new DataFormatError(
      `${path} is an ONNX file, but not one of auto-cnn's: its metadata lacks classes, genome or auto_cnn_version; give the model.onnx of a run`,
      { details: { path, found: Object.keys(props) } },
    );
  }
  return { classes, genome, version };
}

function readMetadataProps(bytes: Uint8Array, path: string): Partial<Record<string, string>> {
  const props: Partial<Record<string, string>> = {};
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field !== METADATA_PROPS || wireType !== WireType.LengthDelimited) {
        reader.skip(wireType, field);
        continue;
      }
      const end = reader.uint32() + reader.pos;
      let [key, value] = ['', ''];
      while (reader.pos < end) {
        const [entryField, entryType] = reader.tag();
        if (entryField === KEY) key = reader.string();
        else if (entryField === VALUE) value = reader.string();
        else reader.skip(entryType, entryField);
      }
      props[key] = value;
    }
  } catch (cause) {
    throw new DataFormatError(`${path} is no ONNX file (damaged at byte ${reader.pos}); give the model.onnx of a run`, {
      details: { path, offset: reader.pos },
      cause,
    });
  }
  return props;
}

function parseClasses(text: string): readonly string[] | undefined {
  try {
    const classes: unknown = JSON.parse(text);
    const isNames = Array.isArray(classes) && classes.every((name) => typeof name === 'string');
    return isNames ? classes : undefined;
  } catch {
    return undefined;
  }
}
