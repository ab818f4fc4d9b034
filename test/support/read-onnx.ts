// Reads ONNX bytes back, field by field as onnx.proto3 numbers them: the other side of `encodeOnnx`.

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { DType } from '../../src/network/graph/tensor-type.ts';
import type {
  OnnxAttribute,
  OnnxConstant,
  OnnxGraph,
  OnnxNode,
  OnnxValue,
} from '../../src/network/lowering/onnx-graph.ts';

export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  readonly producerVersion: string | undefined;
  /** Domain → version. */
  readonly operatorSets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: OnnxGraph;
}

export function readOnnx(bytes: Uint8Array): OnnxModel {
  const model = new Message(bytes);
  return {
    irVersion: model.int(1),
    producer: model.text(2),
    producerVersion: model.texts(3)[0],
    graph: readGraph(model.message(7)),
    operatorSets: Object.fromEntries(model.messages(8).map((set) => [set.text(1), set.int(2)])),
    metadata: Object.fromEntries(model.messages(14).map((entry) => [entry.text(1), entry.text(2)])),
  };
}

function readGraph(graph: Message): OnnxGraph {
  return {
    nodes: graph.messages(1).map(readNode),
    constants: graph.messages(5).map(readConstant),
    inputs: graph.messages(11).map(readValue),
    outputs: graph.messages(12).map(readValue),
  };
}

function readNode(node: Message): OnnxNode {
  return {
    inputs: node.texts(1),
    outputs: node.texts(2),
    opType: node.text(4),
    domain: node.texts(7)[0] ?? '',
    attributes: Object.fromEntries(node.messages(5).map((attribute) => [attribute.text(1), readAttribute(attribute)])),
  };
}

function readAttribute(attribute: Message): OnnxAttribute {
  switch (attribute.int(20)) {
    case 1:
      return { kind: 'float', value: attribute.float(2) };
    case 2:
      return { kind: 'int', value: attribute.int(3) };
    case 3:
      return { kind: 'string', value: attribute.text(4) };
    case 7:
      return { kind: 'ints', value: attribute.ints(8) };
    default:
      throw new RangeError(`unknown attribute type ${attribute.int(20)}`);
  }
}

function readConstant(constant: Message): OnnxConstant {
  const { buffer } = Uint8Array.from(constant.bytes(9));
  const dtype = constant.int(2);
  const data =
    dtype === 1 ? new Float32Array(buffer) : dtype === 6 ? new Int32Array(buffer) : new BigInt64Array(buffer);
  return { name: constant.text(8), shape: constant.ints(1), data };
}

function readValue(value: Message): OnnxValue {
  const type = value.message(2).message(1);
  const sizes = type.message(2).messages(1);
  const shape = sizes.map((size) => (size.texts(2)[0] === undefined ? size.int(1) : ('N' as const)));
  return { name: value.text(1), type: { dtype: DTYPES[type.int(1)] ?? 'float32', shape } };
}

const DTYPES: Readonly<Record<number, DType>> = { 1: 'float32', 2: 'uint8', 6: 'int32', 7: 'int64' };

/** The fields of one protobuf message. */
class Message {
  readonly #fields: { readonly field: number; readonly value: number | Uint8Array }[] = [];

  constructor(bytes: Uint8Array) {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (type === WireType.Varint) this.#fields.push({ field, value: Number(reader.int64()) });
      else if (type === WireType.Bit32) this.#fields.push({ field, value: reader.float() });
      else if (type === WireType.LengthDelimited) this.#fields.push({ field, value: reader.bytes() });
      else throw new RangeError(`field ${field} has wire type ${type}, which ONNX does not use`);
    }
  }

  ints(field: number): number[] {
    return this.#values(field).map(Number);
  }

  int(field: number): number {
    return this.ints(field)[0] ?? 0;
  }

  float(field: number): number {
    return this.int(field);
  }

  bytes(field: number): Uint8Array {
    return this.#bytes(field)[0] ?? new Uint8Array();
  }

  texts(field: number): string[] {
    return this.#bytes(field).map((bytes) => new TextDecoder().decode(bytes));
  }

  text(field: number): string {
    return this.texts(field)[0] ?? '';
  }

  messages(field: number): Message[] {
    return this.#bytes(field).map((bytes) => new Message(bytes));
  }

  message(field: number): Message {
    return this.messages(field)[0] ?? new Message(new Uint8Array());
  }

  #bytes(field: number): Uint8Array[] {
    return this.#values(field).filter((value) => value instanceof Uint8Array);
  }

  #values(field: number): (number | Uint8Array)[] {
    return this.#fields.filter((entry) => entry.field === field).map(({ value }) => value);
  }
}
