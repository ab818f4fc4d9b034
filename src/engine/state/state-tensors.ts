// The state of a training as tensors: each step reads one set of them and writes the next.

import { nextName } from '../../network/training-graph.ts';
import type { Runtime, RuntimeTensor } from '../runtime.ts';

type Tensors = Readonly<Record<string, RuntimeTensor>>;

/**
 * Vectors by name. Two sets of buffers take turns, so training allocates nothing. Where the device has memory of its own,
 * the vectors stay there: the runtime makes those that a step writes, and those that it has read are freed.
 */
export class StateTensors {
  readonly #runtime: Runtime;
  #current: Tensors;
  /** Absent where the device has memory of its own. */
  #next: Tensors | undefined;

  /** @param initial  is copied. */
  constructor(runtime: Runtime, initial: Readonly<Record<string, Float32Array>>) {
    this.#runtime = runtime;
    this.#current = this.#copyOf(initial);
    if (runtime.memory === undefined) this.#next = this.#copyOf(initial);
  }

  /** What the next step reads; the step after it overwrites or frees them. */
  get current(): Tensors {
    return this.#current;
  }

  /** What the next step writes, by the name of its output. */
  get fetches(): Readonly<Record<string, RuntimeTensor | null>> {
    const names = Object.keys(this.#current);
    return Object.fromEntries(names.map((name) => [nextName(name), this.#next?.[name] ?? null]));
  }

  /** @param outputs  of the step that has been done. */
  advance(outputs: Tensors): void {
    if (this.#next !== undefined) {
      [this.#current, this.#next] = [this.#next, this.#current];
      return;
    }
    const names = Object.keys(this.#current);
    this.free();
    this.#current = Object.fromEntries(names.map((name) => [name, outputs[nextName(name)] as RuntimeTensor]));
  }

  /** A copy; empty if there is no such vector. */
  async read(name: string): Promise<Float32Array> {
    const tensor = this.#current[name];
    if (tensor === undefined) return new Float32Array();
    return this.#runtime.memory?.read(tensor) ?? (tensor.data as Float32Array).slice();
  }

  /** @param values  are copied; those of other names are ignored. */
  write(values: Readonly<Record<string, Float32Array>>): void {
    const known = Object.entries(values).filter(([name]) => name in this.#current);
    this.free();
    this.#current = this.#copyOf(Object.fromEntries(known));
  }

  free(): void {
    for (const tensor of Object.values(this.#current)) this.#runtime.memory?.free(tensor);
  }

  #copyOf(values: Readonly<Record<string, Float32Array>>): Tensors {
    const { createTensor } = this.#runtime;
    const entries = Object.entries(values);
    return Object.fromEntries(
      entries.map(([name, data]) => [name, createTensor('float32', data.slice(), [data.length])]),
    );
  }
}
