// ONNX as data: nodes, constants and typed inputs and outputs, before they become bytes.

import type { TensorType } from '../graph/tensor-type.ts';

export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] };

export interface OnnxNode {
  readonly opType: string;
  /** '' is the standard domain. */
  readonly domain: string;
  /** '' stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxConstant {
  readonly name: string;
  readonly shape: readonly number[];
  /** A Uint8Array holds booleans, a Uint16Array the bits of float16. */
  readonly data: Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array | Uint16Array;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: TensorType;
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
}

export const int = (value: number): OnnxAttribute => ({ kind: 'int', value });
export const float = (value: number): OnnxAttribute => ({ kind: 'float', value });
export const ints = (...value: number[]): OnnxAttribute => ({ kind: 'ints', value });

/** Collects the nodes and constants of an ONNX graph. Equal small constants are stored once. */
export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  readonly #constantNames = new Map<string, string>();
  readonly #derived = new Map<string, string>();
  #next = 0;

  /** Adds a node with one output; returns the output's name. */
  add(opType: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}, domain = ''): string {
    const output = this.fresh(opType);
    this.addNamed(opType, inputs, [output], attributes, domain);
    return output;
  }

  addNamed(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: OnnxNode['attributes'] = {},
    domain = '',
  ): void {
    this.nodes.push({ opType, domain, inputs, outputs, attributes });
  }

  fresh(hint: string): string {
    return `${hint.toLowerCase()}.${this.#next++}`;
  }

  /** A float32 constant. */
  floats(values: readonly number[] | Float32Array, shape: readonly number[] = [values.length]): string {
    return this.#constant(Float32Array.from(values), shape);
  }

  scalar(value: number): string {
    return this.floats([value], []);
  }

  /** An int64 constant: axes, shapes, indices. */
  integers(...values: number[]): string {
    return this.#constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  bool(value: boolean): string {
    return this.#constant(Uint8Array.of(value ? 1 : 0), []);
  }

  int32s(values: readonly number[], shape: readonly number[]): string {
    return this.#constant(Int32Array.from(values), shape);
  }

  /** Computes something once per graph: `make` runs only for the first call with this key. */
  once(key: string, make: () => string): string {
    const known = this.#derived.get(key);
    if (known !== undefined) return known;
    const name = make();
    this.#derived.set(key, name);
    return name;
  }

  #constant(data: OnnxConstant['data'], shape: readonly number[]): string {
    const key = data.length > 64 ? undefined : `${data.constructor.name}|${shape}|${data}`;
    const known = key === undefined ? undefined : this.#constantNames.get(key);
    if (known !== undefined) return known;
    const name = this.fresh('constant');
    this.constants.push({ name, shape, data });
    if (key !== undefined) this.#constantNames.set(key, name);
    return name;
  }
}
