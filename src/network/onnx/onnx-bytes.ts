// Writes a graph as the bytes of an ONNX file (onnx.proto3). Field numbers are those of the ONNX specification.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { DType } from '../graph/tensor-type.ts';
import type { OnnxAttribute, OnnxConstant, OnnxGraph, OnnxNode, OnnxValue } from '../lowering/onnx-graph.ts';

export interface OnnxModelInfo {
  /** Written to `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly producerVersion?: string;
}

/** The standard operator set in use, and the file format version that belongs to it. */
const OPSET = 17;
const IR_VERSION = 8;

const DATA_TYPES: Readonly<Record<DType | 'int8' | 'float16', number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;

/**
 * @returns the model as one protobuf message, ready for any ONNX runtime or to be written to a file.
 */
export function encodeOnnx(graph: OnnxGraph, info: OnnxModelInfo = {}): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(IR_VERSION);
  writer.tag(2, WireType.LengthDelimited).string('auto-cnn');
  if (info.producerVersion !== undefined) writer.tag(3, WireType.LengthDelimited).string(info.producerVersion);
  message(writer, 7, (body) => writeGraph(body, graph));
  for (const domain of new Set(['', ...graph.nodes.map((node) => node.domain)])) {
    message(writer, 8, (body) => {
      body.tag(1, WireType.LengthDelimited).string(domain);
      body.tag(2, WireType.Varint).int64(domain === '' ? OPSET : 1);
    });
  }
  for (const [key, value] of Object.entries(info.metadata ?? {})) {
    message(writer, 14, (body) => {
      body.tag(1, WireType.LengthDelimited).string(key);
      body.tag(2, WireType.LengthDelimited).string(value);
    });
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) message(writer, 1, (body) => writeNode(body, node));
  writer.tag(2, WireType.LengthDelimited).string('auto-cnn');
  for (const constant of graph.constants) message(writer, 5, (body) => writeConstant(body, constant));
  for (const input of graph.inputs) message(writer, 11, (body) => writeValue(body, input));
  for (const output of graph.outputs) message(writer, 12, (body) => writeValue(body, output));
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) writer.tag(1, WireType.LengthDelimited).string(input);
  for (const output of node.outputs) writer.tag(2, WireType.LengthDelimited).string(output);
  writer.tag(3, WireType.LengthDelimited).string(node.outputs[0] ?? '');
  writer.tag(4, WireType.LengthDelimited).string(node.opType);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(writer, 5, (body) => writeAttribute(body, name, attribute));
  }
  if (node.domain !== '') writer.tag(7, WireType.LengthDelimited).string(node.domain);
}

function writeAttribute(writer: BinaryWriter, name: string, attribute: OnnxAttribute): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  switch (attribute.kind) {
    case 'float':
      writer.tag(2, WireType.Bit32).float(attribute.value);
      break;
    case 'int':
      writer.tag(3, WireType.Varint).int64(attribute.value);
      break;
    case 'string':
      writer.tag(4, WireType.LengthDelimited).string(attribute.value);
      break;
    case 'ints':
      for (const value of attribute.value) writer.tag(8, WireType.Varint).int64(value);
      break;
  }
  writer.tag(20, WireType.Varint).int32(ATTRIBUTE_TYPES[attribute.kind]);
}

function writeConstant(writer: BinaryWriter, constant: OnnxConstant): void {
  const { data } = constant;
  const dtype = elementTypeOf(data);
  for (const size of constant.shape) writer.tag(1, WireType.Varint).int64(size);
  writer.tag(2, WireType.Varint).int32(DATA_TYPES[dtype]);
  writer.tag(8, WireType.LengthDelimited).string(constant.name);
  writer.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function elementTypeOf(data: OnnxConstant['data']): keyof typeof DATA_TYPES {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint16Array) return 'float16';
  return data instanceof Uint8Array ? 'bool' : 'int64';
}

function writeValue(writer: BinaryWriter, value: OnnxValue): void {
  writer.tag(1, WireType.LengthDelimited).string(value.name);
  message(writer, 2, (type) =>
    message(type, 1, (tensorType) => {
      tensorType.tag(1, WireType.Varint).int32(DATA_TYPES[value.type.dtype]);
      message(tensorType, 2, (shape) => {
        for (const size of value.type.shape) {
          message(shape, 1, (dimension) => {
            if (typeof size === 'number') dimension.tag(1, WireType.Varint).int64(size);
            else dimension.tag(2, WireType.LengthDelimited).string(size);
          });
        }
      });
    }),
  );
}

function message(writer: BinaryWriter, field: number, write: (body: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}
