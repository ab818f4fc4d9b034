// Joins ONNX files into one: what one of them gives under a name, another takes under that name.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { readGraph } from '../onnx/onnx-metadata.ts';
import { readMessage } from '../onnx/protobuf-message.ts';
import { type ChangeField, changeText, rewriteMessage } from '../onnx/rewrite-message.ts';
import { nodesFor, readModelFacts } from './model-facts.ts';

export interface ModelPart {
  /** An ONNX file. */
  readonly bytes: Uint8Array;
  /** The name of each of its values in the joined file. Equal names mean the same value. */
  readonly rename: (name: string) => string;
  /** Takes only what this value needs. Default: all. */
  readonly upTo?: string;
}

export interface JoinOptions {
  /** Version of the standard operators. Those of every part must mean the same in it. */
  readonly operatorSet: number;
  /** The output, a float32 value of any shape. Default: the outputs of the last part. */
  readonly output?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The inputs are those of the first part; operators of other domains and functions are kept.
 *
 * @throws {Error} if a part is not an ONNX file.
 */
export function joinModels(
  parts: readonly [ModelPart, ...ModelPart[]],
  { operatorSet, output, metadata = {} }: JoinOptions,
): Uint8Array {
  const models = parts.map(({ bytes }) => readMessage(bytes));
  const writer = new BinaryWriter();
  const add = (field: number, bytes: Uint8Array): BinaryWriter =>
    writer.tag(field, WireType.LengthDelimited).bytes(bytes);
  const irVersion = Math.max(...models.map((model) => model.number(MODEL.irVersion)));
  writer.tag(MODEL.irVersion, WireType.Varint).int64(irVersion);
  writer.tag(MODEL.producer, WireType.LengthDelimited).string('auto-cnn');
  writer.tag(MODEL.graph, WireType.LengthDelimited).fork();
  for (const part of parts) writer.raw(contentOf(part));
  writer.tag(GRAPH.name, WireType.LengthDelimited).string('auto-cnn');
  const last = parts.at(-1) ?? parts[0];
  for (const input of valuesOf(parts[0], GRAPH.input)) add(GRAPH.input, input);
  const outputs = output === undefined ? valuesOf(last, GRAPH.output) : [floatValue(output)];
  for (const value of outputs) add(GRAPH.output, value);
  writer.join();
  add(MODEL.operatorSet, new BinaryWriter().tag(OPERATOR_SET.version, WireType.Varint).int64(operatorSet).finish());
  for (const set of foreignSets(parts)) add(MODEL.operatorSet, set);
  for (const [key, value] of Object.entries(metadata)) {
    const entry = new BinaryWriter().tag(ENTRY.key, WireType.LengthDelimited).string(key);
    add(MODEL.metadata, entry.tag(ENTRY.value, WireType.LengthDelimited).string(value).finish());
  }
  for (const model of models) for (const body of model.bytesOf(MODEL.function)) add(MODEL.function, body);
  return writer.finish();
}

/** Field numbers of onnx.proto3. */
const MODEL = { irVersion: 1, producer: 2, graph: 7, operatorSet: 8, metadata: 14, function: 25 } as const;
const OPERATOR_SET = { domain: 1, version: 2 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const GRAPH = {
  node: 1,
  name: 2,
  initializer: 5,
  doc: 10,
  input: 11,
  output: 12,
  valueInfo: 13,
  quantization: 14,
  sparseInitializer: 15,
  metadata: 16,
} as const;
const NODE = { input: 1, output: 2, name: 3, attribute: 5 } as const;
const ATTRIBUTE = { graph: 6, graphs: 11 } as const;
const TENSOR = { name: 8 } as const;
const SPARSE_TENSOR = { values: 1 } as const;
const VALUE_INFO = { name: 1, type: 2 } as const;
const TYPE = { tensor: 1 } as const;
const TENSOR_TYPE = { element: 1 } as const;
const FLOAT32 = 1;

const drop: ChangeField = () => undefined;

/** Nodes and constants: graphs are joined by writing one behind the other. */
function contentOf({ bytes, rename, upTo }: ModelPart): Uint8Array {
  const graph = readMessage(bytes).bytes(MODEL.graph);
  const facts = readModelFacts(bytes);
  const needed = upTo === undefined ? undefined : nodesFor(upTo, facts);
  const names = needed && new Set(facts.nodes.flatMap(({ needs }, i) => (needed.has(i) ? needs : [])));
  const isNeeded = (name: string): boolean => names?.has(name) ?? true;
  let index = 0;
  const keepNode = changeNode(rename);
  return rewriteMessage(graph, {
    ...changesOfGraph(rename, isNeeded),
    [GRAPH.name]: drop,
    [GRAPH.input]: drop,
    [GRAPH.output]: drop,
    [GRAPH.node]: (node) => (needed === undefined || needed.has(index++) ? keepNode(node) : undefined),
  });
}

type Rename = ModelPart['rename'];

function changesOfGraph(rename: Rename, isNeeded: (name: string) => boolean = () => true) {
  const ifNeeded = (nameOf: (bytes: Uint8Array) => string, change: ChangeField): ChangeField => {
    return (bytes) => (isNeeded(nameOf(bytes)) ? change(bytes) : undefined);
  };
  const nameOfSparse = (bytes: Uint8Array): string =>
    readMessage(bytes).messages(SPARSE_TENSOR.values)[0]?.text(TENSOR.name) ?? '';
  return {
    [GRAPH.node]: changeNode(rename),
    [GRAPH.initializer]: ifNeeded((bytes) => readMessage(bytes).text(TENSOR.name), changeTensor(rename)),
    [GRAPH.sparseInitializer]: ifNeeded(nameOfSparse, changeSparse(rename)),
    [GRAPH.input]: changeValueInfo(rename),
    [GRAPH.output]: changeValueInfo(rename),
    // Hints; the runtime finds out by itself.
    [GRAPH.valueInfo]: drop,
    [GRAPH.quantization]: drop,
    [GRAPH.doc]: drop,
    [GRAPH.metadata]: drop,
  };
}

function changeNode(rename: Rename): ChangeField {
  const renamed = changeText((name) => (name === '' ? name : rename(name)));
  const changeGraph: ChangeField = (bytes) => rewriteMessage(bytes, changesOfGraph(rename));
  const changeAttribute: ChangeField = (bytes) =>
    rewriteMessage(bytes, { [ATTRIBUTE.graph]: changeGraph, [ATTRIBUTE.graphs]: changeGraph });
  return (bytes) =>
    rewriteMessage(bytes, {
      [NODE.input]: renamed,
      [NODE.output]: renamed,
      [NODE.name]: renamed,
      [NODE.attribute]: changeAttribute,
    });
}

function changeTensor(rename: Rename): ChangeField {
  return (bytes) => rewriteMessage(bytes, { [TENSOR.name]: changeText(rename) });
}

function changeSparse(rename: Rename): ChangeField {
  return (bytes) => rewriteMessage(bytes, { [SPARSE_TENSOR.values]: changeTensor(rename) });
}

function changeValueInfo(rename: Rename): ChangeField {
  return (bytes) => rewriteMessage(bytes, { [VALUE_INFO.name]: changeText(rename) });
}

/** Inputs or outputs under their new names, without those that have a value in the file. */
function valuesOf({ bytes, rename }: ModelPart, field: typeof GRAPH.input | typeof GRAPH.output): Uint8Array[] {
  const { constants } = readModelFacts(bytes);
  const change = changeValueInfo(rename);
  return readGraph(readMessage(bytes))
    .bytesOf(field)
    .filter((value) => !constants.has(readMessage(value).text(VALUE_INFO.name)))
    .flatMap((value) => change(value) ?? []);
}

function floatValue(name: string): Uint8Array {
  const writer = new BinaryWriter().tag(VALUE_INFO.name, WireType.LengthDelimited).string(name);
  writer.tag(VALUE_INFO.type, WireType.LengthDelimited).fork();
  writer.tag(TYPE.tensor, WireType.LengthDelimited).fork();
  return writer.tag(TENSOR_TYPE.element, WireType.Varint).int32(FLOAT32).join().join().finish();
}

/** Of all domains but the standard one, each once. */
function foreignSets(parts: readonly ModelPart[]): readonly Uint8Array[] {
  const sets = parts.flatMap(({ bytes }) => readMessage(bytes).bytesOf(MODEL.operatorSet));
  const byDomain = new Map(sets.map((set) => [readMessage(set).text(OPERATOR_SET.domain), set]));
  byDomain.delete('');
  byDomain.delete('ai.onnx');
  return [...byDomain.values()];
}
