// What an ONNX file of any origin says of itself: its graph by names, without its weights.

import { readGraph } from '../onnx/onnx-metadata.ts';
import { type Message, readMessage } from '../onnx/protobuf-message.ts';

export interface NodeFacts {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** All names that the node needs: its inputs, and those that its subgraphs use. */
  readonly needs: readonly string[];
}

export interface InputFacts {
  readonly name: string;
  readonly isFloat: boolean;
  /** 0 stands for a size that is known only at run time. */
  readonly sizes: readonly number[];
}

export interface ModelFacts {
  readonly irVersion: number;
  /** Version of the standard operators; 0 if none is named. */
  readonly operatorSet: number;
  /** Without those that have a value in the file. */
  readonly inputs: readonly InputFacts[];
  readonly outputs: readonly string[];
  readonly constants: ReadonlySet<string>;
  readonly nodes: readonly NodeFacts[];
  /** A tensor that lies in another file. */
  readonly external: string | undefined;
  readonly metadata: Readonly<Partial<Record<string, string>>>;
}

/** @throws {Error} if the bytes are not an ONNX file. */
export function readModelFacts(bytes: Uint8Array): ModelFacts {
  const model = readMessage(bytes);
  const graph = readGraph(model);
  const tensors = graph.messages(GRAPH.initializer).map((tensor) => tensor.text(TENSOR.name));
  const sparse = graph
    .messages(GRAPH.sparseInitializer)
    .flatMap((tensor) => tensor.messages(SPARSE_TENSOR.values).map((values) => values.text(TENSOR.name)));
  const constants = new Set([...tensors, ...sparse]);
  const standard = model.messages(MODEL.operatorSet).find((set) => set.text(OPERATOR_SET.domain) === '');
  return {
    irVersion: model.number(MODEL.irVersion),
    operatorSet: standard?.number(OPERATOR_SET.version) ?? 0,
    inputs: graph
      .messages(GRAPH.input)
      .map(inputFacts)
      .filter(({ name }) => !constants.has(name)),
    outputs: graph.messages(GRAPH.output).map((output) => output.text(VALUE_INFO.name)),
    constants,
    nodes: graph.messages(GRAPH.node).map(nodeFacts),
    external: [
      ...tensorsIn(graph, GRAPH.node),
      ...model.messages(MODEL.function).flatMap((body) => tensorsIn(body, FUNCTION.node)),
    ]
      .find((tensor) => tensor.bytesOf(TENSOR.external).length > 0)
      ?.text(TENSOR.name),
    metadata: Object.fromEntries(
      model.messages(MODEL.metadata).map((entry) => [entry.text(ENTRY.key), entry.text(ENTRY.value)]),
    ),
  };
}

/**
 * The nodes that a value is computed from.
 *
 * @returns their positions; undefined if the graph has no such value.
 */
export function nodesFor(value: string, { nodes }: ModelFacts): ReadonlySet<number> | undefined {
  const makers = makersOf(nodes);
  if (!makers.has(value)) return undefined;
  const needed = new Set<number>();
  const open = [value];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const maker = makers.get(name);
    if (maker === undefined || needed.has(maker)) continue;
    needed.add(maker);
    open.push(...(nodes[maker]?.needs ?? []));
  }
  return needed;
}

/** The position of the node that makes each value. */
export function makersOf(nodes: readonly NodeFacts[]): ReadonlyMap<string, number> {
  return new Map(
    nodes.flatMap(({ outputs }, i) => outputs.filter((name) => name !== '').map((name) => [name, i] as const)),
  );
}

/** Field numbers of onnx.proto3. */
const MODEL = { irVersion: 1, operatorSet: 8, metadata: 14, function: 25 } as const;
const FUNCTION = { node: 7 } as const;
const OPERATOR_SET = { domain: 1, version: 2 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 } as const;
const NODE = { input: 1, output: 2, opType: 4, attribute: 5 } as const;
const ATTRIBUTE = { tensor: 5, graph: 6, tensors: 10, graphs: 11 } as const;
const TENSOR = { name: 8, external: 13 } as const;
const SPARSE_TENSOR = { values: 1 } as const;
const VALUE_INFO = { name: 1, type: 2 } as const;
const TYPE = { tensor: 1 } as const;
const TENSOR_TYPE = { element: 1, shape: 2 } as const;
const SHAPE = { dimension: 1 } as const;
const DIMENSION = { size: 1 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const FLOAT32 = 1;

function inputFacts(input: Message): InputFacts {
  const [type] = input.messages(VALUE_INFO.type).flatMap((value) => value.messages(TYPE.tensor));
  const [shape] = type?.messages(TENSOR_TYPE.shape) ?? [];
  return {
    name: input.text(VALUE_INFO.name),
    isFloat: type?.number(TENSOR_TYPE.element) === FLOAT32,
    sizes: shape?.messages(SHAPE.dimension).map((dimension) => dimension.number(DIMENSION.size)) ?? [],
  };
}

function nodeFacts(node: Message): NodeFacts {
  const inputs = node.texts(NODE.input);
  return {
    opType: node.text(NODE.opType),
    inputs,
    outputs: node.texts(NODE.output),
    needs: [...inputs, ...node.messages(NODE.attribute).flatMap(subgraphsOf).flatMap(namesIn)],
  };
}

function subgraphsOf(attribute: Message): readonly Message[] {
  return [...attribute.messages(ATTRIBUTE.graph), ...attribute.messages(ATTRIBUTE.graphs)];
}

/** A subgraph may use values of the graph around it; those of its own do no harm. */
function namesIn(subgraph: Message): readonly string[] {
  return [
    ...subgraph.messages(GRAPH.node).flatMap((node) => nodeFacts(node).needs),
    ...subgraph.messages(GRAPH.output).map((output) => output.text(VALUE_INFO.name)),
  ];
}

/** With those of its subgraphs and of the attributes of its nodes. */
function tensorsIn(graph: Message, nodeField: number): readonly Message[] {
  const attributes = graph.messages(nodeField).flatMap((node) => node.messages(NODE.attribute));
  return [
    ...graph.messages(GRAPH.initializer),
    ...attributes.flatMap((attribute) => [
      ...attribute.messages(ATTRIBUTE.tensor),
      ...attribute.messages(ATTRIBUTE.tensors),
      ...subgraphsOf(attribute).flatMap((subgraph) => tensorsIn(subgraph, GRAPH.node)),
    ]),
  ];
}
