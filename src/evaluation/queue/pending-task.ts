// A task that is on the queue, as its search sees it.

import { withResolvers } from '../../concurrency.ts';
import type { EpochDetails } from '../epoch-details.ts';
import type { EvaluateOptions } from '../evaluator.ts';
import type { EvaluationOutcome } from '../task.ts';
import type { Recipient } from './delivery/delivery-server.ts';
import { type ProgressMessage, type ResultMessage, readProgress, type TaskMessage } from './messages/messages.ts';
import type { TaskFiles } from './messages/task-message.ts';
import type { RemoteFile } from './messages/task-schema.ts';

type Answer = Extract<ResultMessage['answer'], { outcome: unknown }>;

export interface PendingOptions {
  readonly taskId: string;
  readonly queueName: string;
  readonly message: TaskMessage;
  readonly files: TaskFiles;
  readonly onProgress: EvaluateOptions['onProgress'];
  /** Called when something has happened that is worth a look at the result. */
  readonly onNews: () => void;
}

export class PendingTask implements Recipient {
  readonly taskId: string;
  readonly queueName: string;
  readonly message: TaskMessage;
  readonly files: TaskFiles;
  /** Settled with the outcome. */
  readonly outcome: Promise<EvaluationOutcome>;
  /** When the search asked a worker for the weights, by `performance.now()`. */
  wantedAt: number | undefined;
  readonly #onProgress: EvaluateOptions['onProgress'];
  readonly #onNews: () => void;
  readonly #settle: {
    readonly resolve: (outcome: EvaluationOutcome) => void;
    readonly reject: (error: unknown) => void;
  };
  readonly #followers = new Set<PendingTask>();
  #reported = 0;
  #received: string | undefined;
  #isSettled = false;

  constructor({ taskId, queueName, message, files, onProgress, onNews }: PendingOptions) {
    this.taskId = taskId;
    this.queueName = queueName;
    this.message = message;
    this.files = files;
    this.#onProgress = onProgress;
    this.#onNews = onNews;
    const { promise, resolve, reject } = withResolvers<EvaluationOutcome>();
    this.outcome = promise;
    // It may fail before anybody waits for it.
    promise.catch(() => {});
    this.#settle = { resolve, reject };
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get weightsPath(): string | undefined {
    return this.files.checkpoint;
  }

  /** Whether these weights have arrived. */
  has({ sha256 }: RemoteFile): boolean {
    return this.#received === sha256;
  }

  /** The same task, asked for once more: it hears of this one's progress. */
  addFollower(other: PendingTask): void {
    this.#followers.add(other);
  }

  onProgress(json: string): void {
    for (const follower of this.#followers) follower.onProgress(json);
    const parsed = readProgress(json);
    if ('problem' in parsed || this.#isSettled) return;
    const { step, totalSteps, epoch, details, weights } = parsed.message;
    if (epoch === undefined) {
      this.#onProgress?.({ step, totalSteps });
      return;
    }
    // A training that another worker repeats reports its epochs again; one that is missing comes with the result.
    // A part of a training begins anywhere.
    const isFirst = this.#reported === 0 && this.message.task.part !== undefined;
    if (epoch.epoch !== this.#reported + 1 && !isFirst) return;
    this.#reported = epoch.epoch;
    this.#onProgress?.({
      step,
      totalSteps,
      epoch,
      ...(details && { details: toDetails(details) }),
      ...(weights !== undefined && { weights: new Uint8Array(Buffer.from(weights, 'base64')) }),
    });
  }

  onWeights(sha256: string): void {
    this.#received = sha256;
    this.#onNews();
  }

  onWriteError(error: unknown): void {
    this.reject(error);
  }

  onDone(): void {
    this.#onNews();
  }

  resolve({ outcome, steps, totalSteps }: Answer): void {
    if (this.#isSettled) return;
    for (const [i, epoch] of outcome.history.entries()) {
      if (epoch.epoch > this.#reported) this.#onProgress?.({ step: steps[i] ?? totalSteps, totalSteps, epoch });
    }
    this.#isSettled = true;
    this.#settle.resolve(outcome as EvaluationOutcome);
  }

  reject(error: unknown): void {
    this.#isSettled = true;
    this.#settle.reject(error);
  }
}

function toDetails({ losses, accuracies, weights }: NonNullable<ProgressMessage['details']>): EpochDetails {
  return {
    losses: Float32Array.from(losses),
    accuracies: Float32Array.from(accuracies),
    weights: weights.map(({ name, histogram: { limits, counts, ...sums } }) => ({
      name,
      histogram: { ...sums, limits: Float64Array.from(limits), counts: Float64Array.from(counts) },
    })),
  };
}
