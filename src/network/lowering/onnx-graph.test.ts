import { describe, expect, it } from 'vitest';
import { OnnxBuilder } from './onnx-graph.ts';

describe('OnnxBuilder', () => {
  it('stores equal small constants once', () => {
    const onnx = new OnnxBuilder();
    expect(onnx.integers(1, 2)).toBe(onnx.integers(1, 2));
    expect(onnx.scalar(1)).toBe(onnx.scalar(1));
    expect(onnx.constants).toHaveLength(2);
  });

  it('keeps apart constants of other values, shapes and element types', () => {
    const onnx = new OnnxBuilder();
    const names = [
      onnx.scalar(1),
      onnx.floats([1]),
      onnx.floats([1], [1, 1]),
      onnx.floats([2]),
      onnx.integers(1),
      onnx.int32s([1], [1]),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(onnx.constants.map(({ name }) => name)).toEqual(names);
  });

  it('computes once what is asked for under one key', () => {
    const onnx = new OnnxBuilder();
    const make = () => onnx.add('Abs', ['x']);
    expect(onnx.once('a', make)).toBe(onnx.once('a', make));
    expect(onnx.once('b', make)).not.toBe(onnx.once('a', make));
    expect(onnx.nodes).toHaveLength(2);
  });
});
