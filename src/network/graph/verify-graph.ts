// Checks the rules that every graph must satisfy between two passes.

import { ShapeError } from '../../errors.ts';
import { formatGraph, type Graph, type Value } from './graph.ts';
import { inferTypes } from './operators.ts';
import { formatType, sameType } from './tensor-type.ts';

/**
 * Each value is assigned once and before its use. Each node's output types match those its operator infers. Each graph
 * output is computed. Names are unique.
 *
 * @returns the graph itself.
 * @throws {ShapeError} naming the rule, the node and the graph.
 */
export function verifyGraph(graph: Graph): Graph {
  const defined = new Set<Value>();
  const names = new Set<string>();
  const define = (value: Value) => {
    if (defined.has(value)) fail(graph, `${value.name} is assigned twice`);
    if (names.has(value.name)) fail(graph, `the name ${value.name} is given twice`);
    defined.add(value);
    names.add(value.name);
  };
  graph.inputs.forEach(define);
  for (const node of graph.nodes) {
    const unknown = node.inputs.find((input) => !defined.has(input));
    if (unknown !== undefined) fail(graph, `${node.op} uses ${unknown.name} before it is assigned`);
    const types = inferTypes(
      node.op,
      node.inputs.map((input) => input.type),
      node.attributes,
    );
    if (types.length !== node.outputs.length) fail(graph, `${node.op} has ${node.outputs.length} outputs`);
    for (const [i, output] of node.outputs.entries()) {
      const type = types[i];
      if (type === undefined || !sameType(type, output.type)) {
        fail(graph, `${node.op} gives ${type && formatType(type)}, ${output.name} claims ${formatType(output.type)}`);
      }
      define(output);
    }
  }
  for (const [name, value] of graph.outputs) {
    if (!defined.has(value)) fail(graph, `output ${name} is never computed`);
  }
  return graph;
}

function fail(graph: Graph, what: string): never {
  throw new ShapeError(`invalid graph: ${what}`, { details: { graph: formatGraph(graph) } });
}
