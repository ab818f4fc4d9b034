// The intermediate representation: a list of operator nodes in execution order over typed values, each assigned once.

import { ShapeError } from '../../errors.ts';
import { type AttributesOf, inferTypes, type OperatorName } from './operators.ts';
import { formatType, type TensorType } from './tensor-type.ts';

/** A tensor that is a graph input or produced by a node. Compared by identity. */
export interface Value {
  readonly name: string;
  readonly type: TensorType;
}

export interface Node<Op extends OperatorName = OperatorName> {
  readonly op: Op;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: AttributesOf<Op>;
}

export interface Graph {
  readonly inputs: readonly Value[];
  readonly nodes: readonly Node[];
  /** Output name → value. */
  readonly outputs: ReadonlyMap<string, Value>;
}

/**
 * Builds a graph node by node. It infers the output types of every node, so a wrong shape fails where it arises.
 */
export class GraphBuilder {
  readonly #inputs: Value[] = [];
  readonly #nodes: Node[] = [];
  readonly #outputs = new Map<string, Value>();
  #nextValue = 0;

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  input(name: string, type: TensorType): Value {
    if (this.#inputs.some((input) => input.name === name)) throw new ShapeError(`graph input ${name} already exists`);
    const value = { name, type };
    this.#inputs.push(value);
    return value;
  }

  /** Adds a node with one output and returns it. */
  add<Op extends OperatorName>(op: Op, inputs: readonly Value[], attributes: AttributesOf<Op>): Value {
    const [output, ...rest] = this.addMany(op, inputs, attributes);
    if (output === undefined || rest.length > 0) throw new ShapeError(`${op} has ${rest.length + 1} outputs, not one`);
    return output;
  }

  /** Adds a node and returns all its outputs. */
  addMany<Op extends OperatorName>(op: Op, inputs: readonly Value[], attributes: AttributesOf<Op>): readonly Value[] {
    const types = inferTypes(
      op,
      inputs.map((input) => input.type),
      attributes,
    );
    const outputs = types.map((type) => ({ name: `${op}_${this.#nextValue++}`, type }));
    this.#nodes.push({ op, inputs, outputs, attributes } as Node);
    return outputs;
  }

  output(name: string, value: Value): void {
    if (this.#outputs.has(name)) throw new ShapeError(`graph output ${name} already exists`);
    this.#outputs.set(name, value);
  }

  build(): Graph {
    return { inputs: this.#inputs, nodes: this.#nodes, outputs: this.#outputs };
  }
}

/** One line per node, for error messages and tests. */
export function formatGraph(graph: Graph): string {
  const lines = graph.nodes.map((node) => {
    const outputs = node.outputs.map((value) => `${value.name}: ${formatType(value.type)}`).join(', ');
    return `${outputs} = ${node.op}(${node.inputs.map((value) => value.name).join(', ')})`;
  });
  return lines.join('\n');
}
