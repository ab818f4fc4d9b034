// Reads what `encodeOnnx` wrote about a model, without reading its weights.

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { DataFormatError } from '../errors.ts';
import type { ImageShape } from '../genome/image-shape.ts';

/** What every model of ours says about itself. */
export interface ModelMetadata {
  readonly classes: readonly string[];
  /** Canonical text. */
  readonly genome: string;
  readonly version: string;
  /** What the graph takes. */
  readonly input: ImageShape;
}

export function toMetadataProps({ classes, genome, version }: Omit<ModelMetadata, 'input'>): Record<string, string> {
  return { classes: JSON.stringify(classes), genome, auto_cnn_version: version };
}

/**
 * @param path  for messages.
 * @throws {DataFormatError} if the bytes are no ONNX file or one that auto-cnn did not write.
 */
export function readModelMetadata(bytes: Uint8Array, path: string): ModelMetadata {
  const { props, inputs } = readModel(bytes, path);
  const classes = props.classes === undefined ? undefined : parseClasses(props.classes);
  const { genome, auto_cnn_version: version } = props;
  const input = shapeOf(inputs.get('image'));
  if (classes === undefined || genome === undefined || version === undefined || input === undefined) {
    throw new DataFormatError(
      `${path} is an ONNX file, but not one of auto-cnn's: it lacks the metadata classes, genome and auto_cnn_version or the input "image"; give the model.onnx of a run`,
      { details: { path, metadata: Object.keys(props), inputs: [...inputs.keys()] } },
    );
  }
  return { classes, genome, version, input };
}

interface Model {
  readonly props: Partial<Record<string, string>>;
  /** Name → sizes; a size that is not fixed is 0. */
  readonly inputs: ReadonlyMap<string, readonly number[]>;
}

/** Field numbers of onnx.proto3. */
const MODEL = { graph: 7, metadata: 14 } as const;
const GRAPH = { input: 11 } as const;
const VALUE_INFO = { name: 1, type: 2 } as const;
const TYPE = { tensor: 1 } as const;
const TENSOR_TYPE = { shape: 2 } as const;
const SHAPE = { dimension: 1 } as const;
const DIMENSION = { size: 1 } as const;
const ENTRY = { key: 1, value: 2 } as const;

function readModel(bytes: Uint8Array, path: string): Model {
  const props: Partial<Record<string, string>> = {};
  const inputs = new Map<string, readonly number[]>();
  try {
    const model = readMessage(bytes);
    const [graph] = model.messages(MODEL.graph);
    if (graph === undefined) throw new RangeError('it holds no graph');
    for (const input of graph.messages(GRAPH.input)) {
      const [shape] = input
        .messages(VALUE_INFO.type)
        .flatMap((type) => type.messages(TYPE.tensor))
        .flatMap((type) => type.messages(TENSOR_TYPE.shape));
      const sizes = shape?.messages(SHAPE.dimension).map((dimension) => dimension.number(DIMENSION.size));
      inputs.set(input.text(VALUE_INFO.name), sizes ?? []);
    }
    for (const entry of model.messages(MODEL.metadata)) props[entry.text(ENTRY.key)] = entry.text(ENTRY.value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataFormatError(`${path} is no ONNX file (${reason}); give the model.onnx of a run`, {
      details: { path },
      cause,
    });
  }
  return { props, inputs };
}

/** The fields of a protobuf message; what a message holds is read when it is asked for. */
interface Message {
  messages(field: number): readonly Message[];
  /** Empty if absent. */
  text(field: number): string;
  /** 0 if absent. */
  number(field: number): number;
}

function readMessage(bytes: Uint8Array): Message {
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
  return {
    messages: (field) => valuesOf(field).map((value) => readMessage(requireBytes(value, field))),
    text: (field) => new TextDecoder().decode(requireBytes(valuesOf(field)[0] ?? new Uint8Array(), field)),
    number: (field) => Number(valuesOf(field)[0] ?? 0),
  };
}

function requireBytes(value: Uint8Array | number, field: number): Uint8Array {
  if (typeof value === 'number') throw new RangeError(`field ${field} is a number, bytes were expected`);
  return value;
}

function shapeOf(sizes: readonly number[] | undefined): ImageShape | undefined {
  const [, channels = 0, height = 0, width = 0] = sizes ?? [];
  return channels > 0 && height > 0 && width > 0 ? { channels, height, width } : undefined;
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
