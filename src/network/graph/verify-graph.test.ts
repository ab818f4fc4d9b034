import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { type Graph, GraphBuilder, type Node, type Value } from './graph.ts';
import { float32 } from './tensor-type.ts';
import { verifyGraph } from './verify-graph.ts';

/** x → relu → relu → y */
function validGraph(): Graph & { readonly nodes: readonly [Node, Node] } {
  const builder = new GraphBuilder();
  const x = builder.input('x', float32('N', 3));
  builder.output('y', builder.add('relu', [builder.add('relu', [x], {})], {}));
  const graph = builder.build();
  const [first, second] = graph.nodes as readonly [Node, Node];
  return { ...graph, nodes: [first, second] };
}

const value = (name: string): Value => ({ name, type: float32('N', 3) });

function refusal(graph: Graph): string {
  try {
    verifyGraph(graph);
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(ShapeError);
    return (error as ShapeError).message;
  }
}

describe('verifyGraph', () => {
  it('returns a valid graph itself', () => {
    const graph = validGraph();
    expect(verifyGraph(graph)).toBe(graph);
  });

  it('refuses a value that two nodes assign', () => {
    const { nodes, ...graph } = validGraph();
    const [first, second] = nodes;
    const broken = { ...graph, nodes: [first, { ...first, inputs: second.inputs }] };
    expect(refusal(broken)).toBe('invalid graph: relu_0 is assigned twice');
  });

  it('refuses two values of one name', () => {
    const { nodes, ...graph } = validGraph();
    const broken = { ...graph, nodes: [nodes[0], { ...nodes[1], outputs: [value('x')] }] };
    expect(refusal(broken)).toBe('invalid graph: the name x is given twice');
    expect(refusal({ ...graph, inputs: [...graph.inputs, value('x')], nodes })).toContain('the name x is given twice');
  });

  it('refuses a value that is used before it is assigned, or never is', () => {
    const { nodes, ...graph } = validGraph();
    expect(refusal({ ...graph, nodes: [nodes[1], nodes[0]] })).toBe(
      'invalid graph: relu uses relu_0 before it is assigned',
    );
    // A value is itself, not its name.
    const broken = { ...graph, nodes: [nodes[0], { ...nodes[1], inputs: [value('relu_0')] }] };
    expect(refusal(broken)).toBe('invalid graph: relu uses relu_0 before it is assigned');
  });

  it('refuses another number of outputs than the operator has', () => {
    const { nodes, ...graph } = validGraph();
    const broken = { ...nodes[1], outputs: [...nodes[1].outputs, value('more')] };
    expect(refusal({ ...graph, nodes: [nodes[0], broken] })).toBe('invalid graph: relu has 2 outputs');
    expect(refusal({ ...graph, nodes: [nodes[0], { ...broken, outputs: [] }] })).toContain('relu has 0 outputs');
  });

  it('refuses an output type that the operator does not give', () => {
    const { nodes, ...graph } = validGraph();
    for (const [type, claim] of [
      [float32('N', 4), 'float32[N, 4]'],
      [float32('N'), 'float32[N]'],
      [{ ...float32('N', 3), dtype: 'int32' as const }, 'int32[N, 3]'],
    ] as const) {
      const broken = { ...nodes[1], outputs: [{ name: 'z', type }] };
      expect(refusal({ ...graph, nodes: [nodes[0], broken] })).toBe(
        `invalid graph: relu gives float32[N, 3], z claims ${claim}`,
      );
    }
  });

  it('refuses inputs that the operator does not take', () => {
    const { nodes, ...graph } = validGraph();
    const broken = { ...nodes[1], op: 'add' as const, attributes: {} };
    expect(refusal({ ...graph, nodes: [nodes[0], broken] })).toBe('add takes 2 inputs, received float32[N, 3]');
  });

  it('refuses a graph output that is never computed', () => {
    const graph = { ...validGraph(), outputs: new Map([['y', value('y')]]) };
    expect(refusal(graph)).toBe('invalid graph: output y is never computed');
  });

  it('shows the graph in the details', () => {
    const graph = { ...validGraph(), outputs: new Map([['y', value('y')]]) };
    const shown = 'relu_0: float32[N, 3] = relu(x)\nrelu_1: float32[N, 3] = relu(relu_0)';
    expect(() => verifyGraph(graph)).toThrow(expect.objectContaining({ details: { graph: shown } }));
  });
});
