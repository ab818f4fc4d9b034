// A candidate's best weights with the outcome of its training, in one file: neither can be taken for another's.

import { decodeSafetensors, decodeSlots, decodeState, encodeState } from '../engine/state/safetensors.ts';
import { averageStates, type TrainingState } from '../engine/state/training-state.ts';
import { DataFormatError } from '../errors.ts';
import { parseGenome } from '../genome/text.ts';
import type { TrainedState } from '../network/deployable-graph.ts';
import { inheritParameters } from '../network/inherit-parameters.ts';
import type { ParameterLayout } from '../network/parameters.ts';
import { createNetwork, type Network } from '../network/training-graph.ts';
import type { Storage } from '../storage.ts';
import { readOutcome } from './recorded-outcome.ts';
import type { EvaluationOutcome, EvaluationTask, ParentWeights, StateFile } from './task.ts';

type Metadata = Readonly<Record<string, string>>;

/**
 * @param state     with what the optimiser carries, if the training is to go on from it.
 * @param metadata  what else the file says; `id` names the task.
 */
export async function encodeCheckpoint(
  layout: ParameterLayout,
  state: TrainedState | TrainingState,
  outcome: EvaluationOutcome,
  metadata: Metadata & { readonly id: string },
): Promise<Uint8Array> {
  const steps = 'steps' in state && { steps: String(state.steps) };
  const described = { ...metadata, ...steps, outcome: JSON.stringify(outcome) };
  const tensors = tensorBytes(encodeState(layout, state, {}));
  return encodeState(layout, state, { ...described, check: await checkSum(described, tensors) });
}

/**
 * The outcome that lies with the weights.
 *
 * @param id  of the task.
 * @returns undefined if the file is another task's, has no outcome, or is not what was written.
 * @throws {DataFormatError} if it is no safetensors file.
 */
async function readCheckpointOutcome(
  bytes: Uint8Array,
  path: string,
  id: string,
): Promise<EvaluationOutcome | undefined> {
  const { check, ...described } = decodeSafetensors(bytes, path).metadata;
  if (described.id !== id || described.outcome === undefined) return undefined;
  if (check !== (await checkSum(described, tensorBytes(bytes)))) return undefined;
  return readOutcome(JSON.parse(described.outcome));
}

/**
 * The mean of the states that parts of a training ended in.
 *
 * @returns undefined if there are none.
 * @throws {DataFormatError} if one is no such file, or not what was written.
 */
export async function readMeanState(
  storage: Storage,
  layout: ParameterLayout,
  files: readonly StateFile[],
): Promise<TrainingState | undefined> {
  const states = await Promise.all(
    files.map(async ({ id, path }) => decodeTrainingState(layout, await storage.read(path), path, id)),
  );
  const [first, ...others] = states;
  return first && averageStates([first, ...others]);
}

/**
 * The checkpoint of a training that was done in parts.
 *
 * @param files  states that its last parts ended in, at least one; the weights are their mean.
 * @param id     of the task that is the whole training.
 * @throws as {@link readMeanState}.
 */
export async function encodeMeanCheckpoint(
  storage: Storage,
  layout: ParameterLayout,
  files: readonly StateFile[],
  outcome: EvaluationOutcome,
  id: string,
): Promise<Uint8Array> {
  const mean = await readMeanState(storage, layout, files);
  const [first] = files;
  if (mean === undefined || first === undefined) throw new RangeError('a training needs a part to end with');
  const { genome = '', normalisation = '' } = decodeSafetensors(await storage.read(first.path), first.path).metadata;
  const { parameters, statistics } = mean;
  return encodeCheckpoint(layout, { parameters, statistics }, outcome, { id, genome, normalisation });
}

/**
 * Parameters that a network has from its parent, by its own tensor names.
 *
 * @throws {DataFormatError} if the parent's checkpoint is gone, damaged or another task's.
 */
export async function readInherited(
  storage: Storage,
  network: Network,
  { id, path, genome }: ParentWeights,
): Promise<ReadonlyMap<string, Float32Array>> {
  const parent = createNetwork(parseGenome(genome), network.problem, network.normalisation);
  const bytes = await storage.read(path).catch(() => undefined);
  if (bytes === undefined || (await readCheckpointOutcome(bytes, path, id)) === undefined) {
    throw new DataFormatError(
      `${path}, the weights of ${genome} that its children start from, is ${bytes ? 'damaged or another task’s' : 'gone'}; restore it, or delete the line of ${id} from the journal to have it trained anew, then resume the run`,
      { details: { path, id } },
    );
  }
  return inheritParameters(parent, decodeState(parent.layout, bytes, path).parameters, network);
}

async function decodeTrainingState(
  layout: ParameterLayout,
  bytes: Uint8Array,
  path: string,
  id: string,
): Promise<TrainingState> {
  const outcome = await readCheckpointOutcome(bytes, path, id);
  const steps = Number(decodeSafetensors(bytes, path).metadata.steps);
  if (outcome === undefined || !Number.isSafeInteger(steps)) {
    throw new DataFormatError(`${path} is damaged or another task’s; resume the run: what led to it is trained anew`, {
      details: { path, id },
    });
  }
  return { ...decodeState(layout, bytes, path), slots: decodeSlots(bytes, path), steps };
}

async function checkSum(metadata: Metadata, tensors: Uint8Array): Promise<string> {
  const described = new TextEncoder().encode(JSON.stringify(metadata));
  const all = new Uint8Array(described.length + tensors.length);
  all.set(described);
  all.set(tensors, described.length);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function tensorBytes(file: Uint8Array): Uint8Array {
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return file.subarray(8 + headerBytes);
}

/**
 * The outcome that lies with a task's weights, if they are there.
 *
 * @param notify  told what is damaged.
 */
export async function checkpointOutcome(
  storage: Storage,
  { id, genome, checkpointPath: path, latency }: EvaluationTask,
  notify: (notice: string) => void,
): Promise<EvaluationOutcome | undefined> {
  if (id === undefined || path === undefined || latency || !(await storage.has(path))) return undefined;
  const outcome = await recordedOutcome(storage, path, id);
  if (outcome === undefined) {
    notify(`the checkpoint ${path} is damaged or belongs to another candidate; ${genome} is trained again`);
  }
  return outcome;
}

/** The outcome in a file of weights; undefined if there is none that can be read. */
export async function recordedOutcome(
  storage: Storage,
  path: string,
  id: string,
): Promise<EvaluationOutcome | undefined> {
  try {
    return await readCheckpointOutcome(await storage.read(path), path, id);
  } catch {
    // What is wrong with it makes no difference: it is written anew.
    return undefined;
  }
}
