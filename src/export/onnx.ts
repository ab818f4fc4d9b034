// Exports a model as ONNX files: unchanged, and with its weights in fewer bytes.

import { compileEnsemble, memberPrefix } from '../network/deployable-graph.ts';
import { encodeOnnx } from '../network/onnx/onnx-bytes.ts';
import { toMetadataProps } from '../network/onnx/onnx-metadata.ts';
import type { ModelParts } from '../search/trained/model-parts.ts';
import { compressWeights, type WeightPrecision } from './compress-weights.ts';

/** `model.onnx`, and `model-PRECISION.onnx` for each requested precision. */
export function exportOnnx(model: ModelParts, precisions: readonly WeightPrecision[]): ReadonlyMap<string, Uint8Array> {
  return new Map([
    ['model.onnx', model.bytes],
    ...precisions.map((precision) => [`model-${precision}.onnx`, compressedOnnx(model, precision)] as const),
  ]);
}

/** The same graph with weights stored in fewer bytes; inputs, outputs and metadata are unchanged. */
export function compressedOnnx(
  { network, members, views, metadata }: ModelParts,
  precision: WeightPrecision,
): Uint8Array {
  const weights = new Set(
    members.flatMap((_, member) =>
      network.layout.parameters.map(({ name }) => memberPrefix(member, members.length) + name),
    ),
  );
  const about = { ...metadata, members: members.length };
  return encodeOnnx(compressWeights(compileEnsemble(network, members, views), weights, precision), {
    metadata: toMetadataProps(about, network, views, metadata.preparation),
    producerVersion: metadata.version,
  });
}
