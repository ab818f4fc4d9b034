// Reads the weights from a model that `encodeOnnx` wrote.

import { DataFormatError } from '../../errors.ts';
import type { TrainedState } from '../deployable-graph.ts';
import type { ParameterLayout, ParameterSpec } from '../parameters.ts';
import { readGraph } from './onnx-metadata.ts';
import { readMessage } from './protobuf-message.ts';

/** Field numbers of onnx.proto3. */
const GRAPH = { initializer: 5 } as const;
const TENSOR = { sizes: 1, type: 2, name: 8, raw: 9 } as const;
const FLOAT32 = 1;

/**
 * The state of a network from its model file.
 *
 * @param path  shown in messages.
 * @throws {DataFormatError} if a weight is missing, or has another shape or type.
 */
export function readModelState(layout: ParameterLayout, bytes: Uint8Array, path: string): TrainedState {
  const tensors = new Map(
    readGraph(readMessage(bytes))
      .messages(GRAPH.initializer)
      .map((tensor) => [tensor.text(TENSOR.name), tensor]),
  );
  const read = (specs: readonly ParameterSpec[], count: number): Float32Array => {
    const flat = new Float32Array(count);
    for (const { name, shape, offset, size } of specs) {
      const tensor = tensors.get(name);
      const raw = tensor?.bytes(TENSOR.raw);
      const found = tensor?.numbers(TENSOR.sizes);
      if (raw?.length !== 4 * size || String(found) !== String(shape) || tensor?.number(TENSOR.type) !== FLOAT32) {
        throw new DataFormatError(
          `${path} does not contain its weights as float32: ${name} should be [${shape}], found ${found ? `[${found}]` : 'none'}; give the model.onnx of a run`,
          { details: { path, tensor: name } },
        );
      }
      flat.set(new Float32Array(Uint8Array.from(raw).buffer), offset);
    }
    return flat;
  };
  return {
    parameters: read(layout.parameters, layout.parameterCount),
    statistics: read(layout.statistics, layout.statisticCount),
  };
}
