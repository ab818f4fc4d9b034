// A worker's work on one task: gets its files, trains it, sends the weights, records the result.

import { rm } from 'node:fs/promises';
import type { Redis } from 'ioredis';
import { AutoCnnError, EngineError, EvaluationError } from '../../../errors.ts';
import { type EvaluationProgress, type Evaluator, failedOutcome } from '../../evaluator.ts';
import { callAfter } from '../../long-timer.ts';
import type { EvaluationOutcome } from '../../task.ts';
import { timeLimitOf } from '../../time-limit.ts';
import type { Audience } from '../delivery/audience.ts';
import { DeliveryError } from '../delivery/delivery-client.ts';
import { areDifferent } from '../messages/compare-results.ts';
import { LARGEST_RESULT_BYTES, type ResultMessage, readResult, type TaskMessage } from '../messages/messages.ts';
import { KEYS } from '../messages/queue-names.ts';
import { type TaskFiles, toAnswerError, toTask } from '../messages/task-message.ts';
import { deadlyOutcome, deathsOf } from '../redis/begun-tasks.ts';
import { recordDifference } from '../redis/differences.ts';
import { untilTaken } from '../redis/until-taken.ts';
import type { FileStore } from './file-store.ts';
import { ProgressSender } from './progress-sender.ts';

export interface RunnerOptions {
  readonly redis: Redis;
  readonly workerId: string;
  readonly queueName: string;
  readonly evaluator: Evaluator;
  readonly store: FileStore;
  /** Longest that this worker trains any candidate. */
  readonly timeoutMs: number;
  /** What whoever runs the worker should know. */
  readonly notify: (line: string) => void;
}

export interface RunnableTask {
  readonly taskId: string;
  readonly message: TaskMessage;
  readonly audience: Audience;
  readonly signal: AbortSignal;
}

type Answer = ResultMessage['answer'];

/** A search that was killed finds its results within this time. */
const KEPT_SECONDS = 86_400;

/** The task is for another worker, or another time; see the message. */
export class HandBackError extends Error {}

/**
 * Trains a task and records its result, if it is the first.
 *
 * @returns the outcome; undefined if the answer is an error of the search's.
 * @throws {HandBackError} if another worker should have the task; an error of this machine, after which this worker should end;
 *   {EvaluationError} `cancelled` if the signal is aborted.
 */
export async function runTask(options: RunnerOptions, task: RunnableTask): Promise<EvaluationOutcome | undefined> {
  const { redis, workerId, store } = options;
  const { taskId, audience, signal } = task;
  const deadly = deadlyOutcome(await deathsOf(redis, taskId));
  const answer = deadly === undefined ? await train(options, task) : withoutTraining(deadly);
  const weights = 'outcome' in answer ? answer.weights : undefined;
  if (weights !== undefined) {
    await audience.sendWeights(taskId, weights, store.findWeights(weights) ?? '', signal);
  }
  const { genome } = task.message.task;
  const write = () => record(options, taskId, genome, { worker: workerId, answer });
  await untilTaken(`the result of ${genome}`, write, options.notify, signal);
  await audience.sayDone(taskId, signal);
  return 'outcome' in answer ? (answer.outcome as EvaluationOutcome) : undefined;
}

function withoutTraining(outcome: EvaluationOutcome): Answer {
  return toAnswer(outcome, { steps: [], totalSteps: 0, seconds: 0 });
}

async function train({ evaluator, store, timeoutMs }: RunnerOptions, task: RunnableTask): Promise<Answer> {
  const { taskId, message, audience, signal } = task;
  const { dataset } = message.task;
  const { states: starts = [] } = message;
  const states = starts.map(() => store.start());
  const files: TaskFiles = {
    data: await fetching(store.dataset(dataset.fingerprint, message.data, audience, signal)),
    parent: message.parent && (await fetching(store.weights(message.parent, audience, signal))),
    states,
    checkpoint: message.keepsWeights ? store.unfinished(taskId) : undefined,
  };
  const progress = new ProgressSender(audience, taskId, signal);
  const threads = Math.min(message.threads ?? 1, evaluator.concurrency);
  // The epochs of a part are in its result; only their details are not.
  const isBrief = message.task.part !== undefined && !message.details;
  const onProgress = ({ step, totalSteps, ...news }: EvaluationProgress): void =>
    progress.send({ step, totalSteps, ...(!isBrief && news) });
  try {
    for (const [replica, start] of starts.entries()) {
      await fetching(store.copyState(start, states[replica] ?? '', audience, signal));
    }
    const began = performance.now();
    const longest = timeLimitOf(message.task, Math.min(timeoutMs, message.timeoutMs));
    const outcome = await within(longest, signal, (either) =>
      evaluator.evaluate(toTask(message, files), { signal: either, onProgress, threads }),
    );
    const seconds = (performance.now() - began) / 1000;
    await progress.sent;
    const isKept = files.checkpoint !== undefined && outcome.failure === undefined;
    const keep = (path: string) => (message.task.part === undefined ? store.keep(path) : store.keepState(path));
    const weights = isKept ? await keep(files.checkpoint ?? '') : undefined;
    return { ...toAnswer(outcome, { ...progress.stepsOf(outcome.history), seconds }), ...(weights && { weights }) };
  } catch (error) {
    if (signal.aborted || isOfThisMachine(error)) throw error;
    return { error: toAnswerError(error, files) };
  } finally {
    for (const path of states) await rm(path, { force: true });
  }
}

/** A search that cannot be reached has no place in the answer. */
async function fetching<T>(file: Promise<T>): Promise<T> {
  try {
    return await file;
  } catch (error) {
    if (error instanceof DeliveryError) throw new HandBackError(`its files cannot be fetched: ${error.message}`);
    throw error;
  }
}

async function record(
  { redis, workerId, queueName }: RunnerOptions,
  taskId: string,
  genome: string,
  result: ResultMessage,
): Promise<void> {
  const key = KEYS.result(taskId);
  const json = JSON.stringify(withinSize(result));
  if ((await redis.set(key, json, 'EX', KEPT_SECONDS, 'NX')) !== null) return;
  const first = readResult((await redis.get(key)) ?? '');
  if ('problem' in first || !areDifferent(first.message, result)) return;
  await recordDifference(redis, queueName, { task: taskId, genome, first: first.message.worker, second: workerId });
  throw new EngineError(
    `this machine computed another result for the network ${genome} than ${first.message.worker} did, although both are of the same kind of engine; it takes no more tasks: test its memory and processor`,
    { details: { task: taskId, first: first.message.worker } },
  );
}

/** Another worker's would be as large. */
function withinSize({ worker, answer }: ResultMessage): ResultMessage {
  if (Buffer.byteLength(JSON.stringify(answer)) <= LARGEST_RESULT_BYTES) return { worker, answer };
  const message = `the result of a training is larger than ${LARGEST_RESULT_BYTES} bytes; search without a queue, or with fewer epochs`;
  return { worker, answer: { error: { code: 'INVALID_INPUT', message, details: {} } } };
}

function toAnswer(
  { fitness, history, bestEpoch, failure, latencyMs, pruned }: EvaluationOutcome,
  training: { readonly steps: number[]; readonly totalSteps: number; readonly seconds: number },
): Extract<Answer, { outcome: unknown }> {
  const outcome = {
    fitness,
    history: [...history],
    bestEpoch,
    ...(failure && { failure }),
    ...(latencyMs !== undefined && { latencyMs }),
    ...(pruned && { pruned }),
  };
  return { outcome, ...training };
}

/** The disk, the engine: what another machine may not suffer from. */
function isOfThisMachine(error: unknown): boolean {
  if (!(error instanceof AutoCnnError)) return error instanceof HandBackError;
  return error.code === 'ENGINE' || error.details.systemCode !== undefined;
}

/** @returns a `timeout` failure after so long. */
async function within(
  ms: number,
  signal: AbortSignal,
  evaluate: (signal: AbortSignal) => Promise<EvaluationOutcome>,
): Promise<EvaluationOutcome> {
  const timeout = new AbortController();
  const timer = callAfter(ms, () => timeout.abort());
  try {
    return await evaluate(AbortSignal.any([signal, timeout.signal]));
  } catch (error) {
    if (signal.aborted || !timeout.signal.aborted) throw error;
    return failedOutcome(new EvaluationError('timeout', `it took longer than ${ms / 1000} s`, { cause: error }));
  } finally {
    timer.cancel();
  }
}
