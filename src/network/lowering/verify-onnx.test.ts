import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { float32 } from '../graph/tensor-type.ts';
import type { OnnxGraph, OnnxNode } from './onnx-graph.ts';
import { verifyOnnx } from './verify-onnx.ts';

const node = (opType: string, inputs: readonly string[], ...outputs: string[]): OnnxNode => ({
  opType,
  domain: '',
  inputs,
  outputs,
  attributes: {},
});

const VALID: OnnxGraph = {
  inputs: [{ name: 'x', type: float32('N', 2) }],
  constants: [{ name: 'c', shape: [1, 2], data: Float32Array.of(1, 2) }],
  nodes: [node('Mul', ['x', 'c'], 'm'), node('Clip', ['m', '', 'c'], 'y', '')],
  outputs: [{ name: 'y', type: float32('N', 2) }],
};

describe('verifyOnnx', () => {
  it('accepts a valid graph, optional inputs and outputs left out', () => {
    expect(() => verifyOnnx(VALID)).not.toThrow();
  });

  it.each<[string, Partial<OnnxGraph>, string]>([
    [
      'two inputs of one name',
      { inputs: [...VALID.inputs, ...VALID.inputs] },
      'ONNX name x is assigned twice, the second time by a graph input',
    ],
    [
      'a constant named like an input',
      { constants: [...VALID.constants, { name: 'x', shape: [1], data: Float32Array.of(1) }] },
      'ONNX name x is assigned twice, the second time by a constant',
    ],
    [
      'a node that writes a name again',
      { nodes: [...VALID.nodes, node('Abs', ['x'], 'm')] },
      'ONNX name m is assigned twice, the second time by Abs',
    ],
    [
      'a constant with fewer values than its shape holds',
      { constants: [{ name: 'c', shape: [3], data: Float32Array.of(1, 2) }] },
      'ONNX constant c of shape [3] has 2 values',
    ],
    ['a node that reads an unknown name', { nodes: [node('Abs', ['z'], 'y')] }, 'ONNX Abs reads undefined name z'],
    [
      'a node that reads what a later one writes',
      { nodes: [node('Abs', ['later'], 'y'), node('Abs', ['x'], 'later')] },
      'ONNX Abs reads undefined name later',
    ],
    ['an output that nothing computes', { nodes: [node('Mul', ['x', 'c'], 'm')] }, 'ONNX output y is never computed'],
  ])('refuses %s', (_, change, message) => {
    expect(() => verifyOnnx({ ...VALID, ...change })).toThrow(new ShapeError(message));
  });
});
