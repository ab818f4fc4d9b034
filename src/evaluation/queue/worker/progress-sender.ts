// Tells searches how a training goes: each epoch, and steps now and then. Best effort, in order, one message at a time.

import type { EvaluationProgress } from '../../evaluator.ts';
import type { Audience } from '../delivery/audience.ts';
import type { ProgressMessage } from '../messages/messages.ts';

const STEPS_EVERY_MS = 1000;

export class ProgressSender {
  readonly #audience: Audience;
  readonly #taskId: string;
  readonly #signal: AbortSignal;
  /** Steps at the end of each epoch. */
  readonly #steps = new Map<number, number>();
  #totalSteps = 0;
  #sentAt = Number.NEGATIVE_INFINITY;
  #sending: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(audience: Audience, taskId: string, signal: AbortSignal) {
    this.#audience = audience;
    this.#taskId = taskId;
    this.#signal = signal;
  }

  readonly send = (progress: EvaluationProgress): void => {
    const { step, totalSteps, epoch } = progress;
    this.#totalSteps = totalSteps;
    if (epoch !== undefined) this.#steps.set(epoch.epoch, step);
    const now = performance.now();
    if (epoch === undefined && (this.#waiting > 0 || now - this.#sentAt < STEPS_EVERY_MS)) return;
    this.#sentAt = now;
    this.#waiting++;
    const json = JSON.stringify(toMessage(progress));
    this.#sending = this.#sending.then(async () => {
      await this.#audience.sendProgress(this.#taskId, json, this.#signal);
      this.#waiting--;
    });
  };

  /** Resolves when all is sent. */
  get sent(): Promise<void> {
    return this.#sending;
  }

  /** For the result. */
  stepsOf(history: readonly { readonly epoch: number }[]): { readonly steps: number[]; readonly totalSteps: number } {
    return {
      steps: history.map(({ epoch }) => this.#steps.get(epoch) ?? this.#totalSteps),
      totalSteps: this.#totalSteps,
    };
  }
}

function toMessage({ step, totalSteps, epoch, details, weights }: EvaluationProgress): ProgressMessage {
  return {
    step,
    totalSteps,
    ...(epoch && { epoch }),
    ...(details && {
      details: {
        losses: [...details.losses],
        accuracies: [...details.accuracies],
        weights: details.weights.map(({ name, histogram: { limits, counts, ...sums } }) => ({
          name,
          histogram: { ...sums, limits: [...limits], counts: [...counts] },
        })),
      },
    }),
    ...(weights && { weights: Buffer.from(weights).toString('base64') }),
  };
}
