// A candidate's best weights with the outcome of its training, in one file: neither can be taken for another's.

import { createHash } from 'node:crypto';
import { decodeSafetensors, encodeState } from '../engine/safetensors.ts';
import type { TrainedState } from '../network/deployable-graph.ts';
import type { ParameterLayout } from '../network/parameters.ts';
import { readOutcome } from './recorded-outcome.ts';
import type { EvaluationOutcome } from './task.ts';

type Metadata = Readonly<Record<string, string>>;

/** @param metadata  what else the file says; `id` names the task. */
export function encodeCheckpoint(
  layout: ParameterLayout,
  state: TrainedState,
  outcome: EvaluationOutcome,
  metadata: Metadata & { readonly id: string },
): Uint8Array {
  const described = { ...metadata, outcome: JSON.stringify(outcome) };
  const tensors = tensorBytes(encodeState(layout, state, {}));
  return encodeState(layout, state, { ...described, check: checkSum(described, tensors) });
}

/**
 * The outcome that lies with the weights.
 *
 * @param id  of the task.
 * @returns undefined if the file is another task's, has no outcome, or is not what was written.
 * @throws {DataFormatError} if it is no safetensors file.
 */
export function readCheckpointOutcome(bytes: Uint8Array, path: string, id: string): EvaluationOutcome | undefined {
  const { check, ...described } = decodeSafetensors(bytes, path).metadata;
  if (described.id !== id || described.outcome === undefined) return undefined;
  if (check !== checkSum(described, tensorBytes(bytes))) return undefined;
  return readOutcome(JSON.parse(described.outcome));
}

function checkSum(metadata: Metadata, tensors: Uint8Array): string {
  return createHash('sha256').update(JSON.stringify(metadata)).update(tensors).digest('hex');
}

function tensorBytes(file: Uint8Array): Uint8Array {
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return file.subarray(8 + headerBytes);
}
