// Turns the intermediate representation into ONNX with a set of rules. A lowering is such a set: `plain` runs anywhere on a
// processor; `blocked` uses the fastest operators of the CPU provider, with the same graph inputs and outputs; `gpu` keeps to
// what the WebGPU provider has.

import { ShapeError } from '../../errors.ts';
import type { Graph, Node, Value } from '../graph/graph.ts';
import type { OperatorName } from '../graph/operators.ts';
import { staticSize } from '../graph/tensor-type.ts';
import { OnnxBuilder, type OnnxGraph } from './onnx-graph.ts';
import { verifyOnnx } from './verify-onnx.ts';

/** Writes one node into `onnx` and returns the ONNX names of its outputs, in order. */
export type LoweringRule<Op extends OperatorName> = (
  node: Node<Op>,
  inputs: readonly string[],
  context: LoweringContext,
) => readonly string[];

export type LoweringRules = { readonly [Op in OperatorName]: LoweringRule<Op> };

export interface Lowering {
  /** Graphs take the masks of dropout as inputs, because the provider cannot draw them. */
  readonly takesMasks?: boolean;
  /** Starts a graph. The returned object holds what is known about the graph's values. */
  start(context: LoweringContext): StartedLowering;
}

export interface StartedLowering {
  readonly rules: LoweringRules;
  /** Rules may keep values in their own layout; this returns the name of a value in the layout of its graph type. */
  plain(name: string): string;
}

export interface LoweringContext {
  readonly onnx: OnnxBuilder;
  /** Name of a float32 scalar: the number of images in a value's first axis. */
  batchSize(value: Value | undefined): string;
}

/**
 * @param graph  a verified graph.
 * @param bound  graph inputs that become constants of the same name.
 * @returns the ONNX graph, verified; its inputs and outputs have the names and types of `graph`.
 */
export function lower(
  graph: Graph,
  lowering: Lowering,
  bound: ReadonlyMap<string, Float32Array> = new Map(),
): OnnxGraph {
  const onnx = new OnnxBuilder();
  for (const { name, type } of graph.inputs) {
    const data = bound.get(name);
    if (data !== undefined) onnx.constants.push({ name, shape: type.shape.map(staticSize), data });
  }
  const names = new Map<Value, string>(graph.inputs.map((input) => [input, input.name]));
  const context: LoweringContext = {
    onnx,
    batchSize(value) {
      const size = value?.type.shape[0];
      return typeof size === 'number' ? onnx.scalar(size) : onnx.once('batch size', () => lowerBatchSize(graph, onnx));
    },
  };
  const { rules, plain } = lowering.start(context);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => nameOf(names, input));
    const rule = rules[node.op] as LoweringRule<OperatorName>;
    const outputs = rule(node, inputs, context);
    for (const [i, value] of node.outputs.entries()) {
      const name = outputs[i];
      if (name === undefined) throw new ShapeError(`the lowering of ${node.op} gave ${outputs.length} outputs`);
      names.set(value, name);
    }
  }
  const outputs = [...graph.outputs].map(([name, value]) => {
    onnx.addNamed('Identity', [plain(nameOf(names, value))], [name]);
    return { name, type: value.type };
  });
  const inputs = graph.inputs.filter(({ name }) => !bound.has(name));
  const lowered = { inputs, outputs, nodes: onnx.nodes, constants: onnx.constants };
  verifyOnnx(lowered);
  return lowered;
}

function nameOf(names: ReadonlyMap<Value, string>, value: Value): string {
  const name = names.get(value);
  if (name === undefined) throw new ShapeError(`${value.name} is used before it is computed`);
  return name;
}

function lowerBatchSize(graph: Graph, onnx: OnnxBuilder): string {
  const batched = graph.inputs.find((input) => input.type.shape[0] === 'N');
  if (batched === undefined) throw new ShapeError('no graph input has a batch dimension');
  const size = onnx.add('Gather', [onnx.add('Shape', [batched.name]), onnx.integers(0)]);
  return onnx.add('Reshape', [onnx.add('Cast', [size], { to: { kind: 'int', value: 1 } }), onnx.integers()]);
}
