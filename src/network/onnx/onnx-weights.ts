// Reads the weights from a model that `encodeOnnx` wrote.

import { DataFormatError } from '../../errors.ts';
import { memberPrefix, type TrainedState } from '../deployable-graph.ts';
import type { ParameterLayout, ParameterSpec } from '../parameters.ts';
import { readGraph } from './onnx-metadata.ts';
import { readMessage } from './protobuf-message.ts';

/** Field numbers of onnx.proto3. */
const GRAPH = { initializer: 5 } as const;
const TENSOR = { sizes: 1, type: 2, name: 8, raw: 9 } as const;
const FLOAT32 = 1;

/**
 * The states of the members of a model from its file; one if it is not an ensemble.
 *
 * @param path  shown in messages.
 * @throws {DataFormatError} if a weight is missing, or has another shape or type.
 */
export function readModelStates(
  layout: ParameterLayout,
  members: number,
  bytes: Uint8Array,
  path: string,
): readonly TrainedState[] {
  const tensors = new Map(
    readGraph(readMessage(bytes))
      .messages(GRAPH.initializer)
      .map((tensor) => [tensor.text(TENSOR.name), tensor]),
  );
  const read = (prefix: string, specs: readonly ParameterSpec[], count: number): Float32Array => {
    const flat = new Float32Array(count);
    for (const { name: own, shape, offset, size } of specs) {
      const name = prefix + own;
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
  return Array.from({ length: members }, (_, member) => {
    const prefix = memberPrefix(member, members);
    return {
      parameters: read(prefix, layout.parameters, layout.parameterCount),
      statistics: read(prefix, layout.statistics, layout.statisticCount),
    };
  });
}
