// Task ↔ message. Paths stay behind: each side has its own.

import { InvalidInputError } from '../../../errors.ts';
import { fromWireError, toWireError, type WireError } from '../../node/protocol.ts';
import type { EvaluationTask } from '../../task.ts';
import { LARGEST_MESSAGE_BYTES, type ResultMessage, type TaskMessage } from './messages.ts';
import { taskIdOf, tribeOf } from './queue-names.ts';
import { type RemoteFile, type TaskContent, taskContentSchema } from './task-schema.ts';

export interface MessageContext {
  readonly kind: string;
  readonly data: RemoteFile;
  readonly parent: RemoteFile | undefined;
  /** Those that a part of a training starts from. */
  readonly states?: readonly RemoteFile[];
  readonly threads?: number;
  readonly timeoutMs: number;
}

/** @returns the message, and the id of all that its result depends on. */
export function toMessage(
  task: EvaluationTask,
  { kind, data, parent, states = [], threads = 1, timeoutMs }: MessageContext,
): { readonly taskId: string; readonly message: TaskMessage } {
  const keepsWeights = task.checkpointPath !== undefined;
  const content = contentOf(task);
  const taskId = taskIdOf([tribeOf(kind), content, keepsWeights]);
  const { details = false, weights = false } = task;
  const message: TaskMessage = {
    ...{ task: content, data, keepsWeights, details, weights, timeoutMs },
    ...(parent && { parent }),
    ...(content.part && { states: [...states] }),
    ...(threads > 1 && { threads }),
  };
  const bytes = Buffer.byteLength(JSON.stringify(message));
  if (bytes > LARGEST_MESSAGE_BYTES) {
    throw new InvalidInputError(
      `the task of ${task.genome} cannot be sent to other machines: its settings have ${bytes} bytes, ${LARGEST_MESSAGE_BYTES} at most are sent; search without a queue, or with fewer class weights or steps of the schedule`,
      { details: { genome: task.genome, bytes } },
    );
  }
  return { taskId, message };
}

/** Where the files of a task lie on one of the machines. */
export interface TaskFiles {
  readonly data: string;
  readonly parent: string | undefined;
  readonly states?: readonly string[];
  readonly checkpoint: string | undefined;
}

/** The task as a worker trains it. */
export function toTask({ task, details, weights }: TaskMessage, files: TaskFiles): EvaluationTask {
  const { parent, part, dataset, ...others } = task;
  return {
    ...others,
    dataset: { ...dataset, path: files.data },
    ...(parent && files.parent !== undefined && { parent: { ...parent, path: files.parent } }),
    ...(part && { part: { ...part, start: part.start.map((id, i) => ({ id, path: files.states?.[i] ?? '' })) } }),
    ...(files.checkpoint !== undefined && { checkpointPath: files.checkpoint }),
    details,
    weights,
  };
}

type WireAnswerError = Extract<ResultMessage['answer'], { error: unknown }>['error'];

/** The worker's paths become names of what they are, which the search replaces by its own. */
export function toAnswerError(error: unknown, files: TaskFiles): WireAnswerError {
  const wire = JSON.stringify(toWireError(error));
  const named = PATHS.reduce((text, name) => replacePath(text, files[name], `{${name}}`), wire);
  return JSON.parse(named) as WireAnswerError;
}

export function fromAnswerError(error: WireAnswerError, files: TaskFiles): Error {
  const named = PATHS.reduce((text, name) => replacePath(text, `{${name}}`, files[name]), JSON.stringify(error));
  return fromWireError(JSON.parse(named) as WireError);
}

const PATHS = ['data', 'parent', 'checkpoint'] as const;

/** @param json  in which a path may have escapes. */
function replacePath(json: string, from: string | undefined, to: string | undefined): string {
  const inJson = (path: string) => JSON.stringify(path).slice(1, -1);
  return from === undefined ? json : json.replaceAll(inJson(from), inJson(to ?? from));
}

function contentOf({
  id,
  genome,
  network,
  dataset,
  selection,
  training,
  lowering,
  engineKind,
  seed,
  latency,
  parent,
  part,
}: EvaluationTask): TaskContent {
  const content = {
    id,
    genome,
    network,
    dataset: { fingerprint: dataset.fingerprint },
    selection,
    training,
    lowering,
    engineKind,
    seed,
    latency,
    parent: parent && { ...parent, path: undefined },
    part: part && { ...part, start: part.start.map(({ id }) => id) },
  };
  // As the worker will read it: without what is undefined, and in the same order, which the id depends on.
  const parsed = taskContentSchema.safeParse(JSON.parse(JSON.stringify(content)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InvalidInputError(
    `the task of ${genome} cannot be sent to other machines: ${issue?.path.join('.')}: ${issue?.message}; search without a queue, or change that setting`,
    { details: { genome, path: issue?.path } },
  );
}
