// Masks of dropout for graphs that take them as inputs.

import type { Graph } from '../../network/graph/graph.ts';
import type { AttributesOf } from '../../network/graph/operators.ts';
import { elementCount, staticSize } from '../../network/graph/tensor-type.ts';
import { createRng } from '../../random/rng.ts';
import type { Runtime, RuntimeTensor } from '../runtime.ts';

interface Mask {
  readonly name: string;
  readonly rate: number;
  readonly tensor: RuntimeTensor;
}

/** The masks of a training graph, over buffers that each step overwrites. None if the lowering draws its own. */
export class DropoutMasks {
  readonly #seed: number;
  readonly #masks: readonly Mask[];

  constructor(runtime: Runtime, graph: Graph, seed = 0) {
    this.#seed = seed;
    this.#masks = graph.inputs.flatMap((input) => {
      const node = graph.nodes.find(({ op, inputs }) => op === 'applyMask' && inputs[1] === input);
      if (node === undefined) return [];
      const { name, type } = input;
      const { rate } = node.attributes as AttributesOf<'applyMask'>;
      const buffer = new Float32Array(elementCount(type.shape));
      const tensor = runtime.createTensor('float32', buffer, type.shape.map(staticSize));
      return [{ name, rate, tensor }];
    });
  }

  /** The masks of a step. They depend on seed and step alone, and are the same on every machine. */
  draw(step: number): Record<string, RuntimeTensor> {
    const rng = createRng(this.#seed).fork(`step ${step}`);
    return Object.fromEntries(
      this.#masks.map(({ name, rate, tensor }) => {
        const stream = rng.fork(name);
        const data = tensor.data as Float32Array;
        for (let i = 0; i < data.length; i++) data[i] = stream.uniform() < rate ? 0 : 1;
        return [name, tensor];
      }),
    );
  }
}
