// A candidate's best weights and the outcome of its training, in one file, so that the two cannot get mixed up.

import { decodeSafetensors, encodeState, type SafetensorsFile, slotsIn, stateIn } from '../engine/state/safetensors.ts';
import { averageStates, type TrainingState } from '../engine/state/training-state.ts';
import { DataFormatError } from '../errors.ts';
import { parseGenome } from '../genome/text.ts';
import type { TrainedState } from '../network/deployable-graph.ts';
import { inheritParameters } from '../network/inherit-parameters.ts';
import type { ParameterLayout } from '../network/parameters.ts';
import { createNetwork, type Network } from '../network/training-graph.ts';
import type { Storage } from '../storage.ts';
import type { EvaluationOutcome, EvaluationTask, ParentWeights, StateFile } from './task.ts';

type Metadata = Readonly<Record<string, string>>;

/**
 * @param state     includes the optimiser's state if the training will continue from it.
 * @param metadata  further metadata of the file; `id` names the task.
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
 * The outcome stored with the weights.
 *
 * @param bytes  of the whole file, which its sum is checked against.
 * @param id     id of the task.
 * @returns undefined if the file belongs to another task, has no outcome, or is damaged.
 */
async function outcomeIn(
  { metadata }: SafetensorsFile,
  bytes: Uint8Array,
  id: string,
): Promise<EvaluationOutcome | undefined> {
  const { check, ...described } = metadata;
  if (described.id !== id || described.outcome === undefined) return undefined;
  if (check !== (await checkSum(described, tensorBytes(bytes)))) return undefined;
  // The sum vouches for it. Its schema is not needed, and children start faster without the library.
  return JSON.parse(described.outcome) as EvaluationOutcome;
}

/**
 * The mean of the final states of parts of a training.
 *
 * @returns undefined if there are no files.
 * @throws {DataFormatError} if a file is not such a state, or is damaged.
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
 * @param files  final states of its last parts, at least one; the weights are their mean.
 * @param id     id of the task for the whole training.
 * @throws like {@link readMeanState}.
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
  if (mean === undefined || first === undefined) throw new RangeError('a training needs at least one part');
  const { genome = '', normalisation = '' } = decodeSafetensors(await storage.read(first.path), first.path).metadata;
  const { parameters, statistics } = mean;
  return encodeCheckpoint(layout, { parameters, statistics }, outcome, { id, genome, normalisation });
}

/**
 * Parameters that a network inherits from its parent, by its own tensor names.
 *
 * @throws {DataFormatError} if the parent's checkpoint is missing, damaged or belongs to another task.
 */
export async function readInherited(
  storage: Storage,
  network: Network,
  weights: ParentWeights,
): Promise<ReadonlyMap<string, Float32Array>> {
  const { id, path, genome, problem = network.problem, newClassifier } = weights;
  const parent = createNetwork(parseGenome(genome), problem, network.normalisation);
  const bytes = await storage.read(path).catch(() => undefined);
  const file = bytes && decodeSafetensors(bytes, path);
  if (bytes === undefined || file === undefined || (await outcomeIn(file, bytes, id)) === undefined) {
    throw missingWeights(weights, bytes ? 'is damaged or belongs to another task' : 'is missing');
  }
  const inherited = inheritParameters(parent, stateIn(file, parent.layout, path).parameters, network);
  const classifier = network.layers.findLast(({ kind }) => kind === 'dense')?.name;
  if (!newClassifier || classifier === undefined) return inherited;
  return new Map([...inherited].filter(([name]) => !name.startsWith(`${classifier}.`)));
}

/** The error for weights of a parent that cannot be used. */
export function missingWeights({ id, path, genome, problem }: ParentWeights, why: string): DataFormatError {
  const other =
    problem === undefined
      ? `delete the line of ${id} from the journal to train it again, then resume the run`
      : 'start a new search';
  return new DataFormatError(
    `${path}, the weights of ${genome} that ${problem === undefined ? 'its children' : 'all networks'} start from, ${why}; restore it, or ${other}`,
    { details: { path, id } },
  );
}

async function decodeTrainingState(
  layout: ParameterLayout,
  bytes: Uint8Array,
  path: string,
  id: string,
): Promise<TrainingState> {
  const file = decodeSafetensors(bytes, path);
  const outcome = await outcomeIn(file, bytes, id);
  const steps = Number(file.metadata.steps);
  if (outcome === undefined || !Number.isSafeInteger(steps)) {
    throw new DataFormatError(
      `${path} is damaged or belongs to another task; resume the run to train that part again`,
      {
        details: { path, id },
      },
    );
  }
  return { ...stateIn(file, layout, path), slots: slotsIn(file), steps };
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
 * The outcome stored with a task's weights, if they exist.
 *
 * @param notify  called for damaged files.
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

/** The outcome in a file of weights; undefined if it is missing or cannot be read. */
export async function recordedOutcome(
  storage: Storage,
  path: string,
  id: string,
): Promise<EvaluationOutcome | undefined> {
  try {
    const bytes = await storage.read(path);
    return await outcomeIn(decodeSafetensors(bytes, path), bytes, id);
  } catch {
    // The reason does not matter: the file is written again.
    return undefined;
  }
}
