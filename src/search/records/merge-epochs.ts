// Merges epochs that several replicas trained in parts, over several rounds.

import type { EpochRecord } from '../../engine/training/train.ts';
import type { EpochDetails } from '../../evaluation/epoch-details.ts';

/** Merges the shares of each epoch into one record, with means over all its examples. */
export function mergeEpochs(shares: readonly EpochRecord[]): readonly EpochRecord[] {
  const epochs = [...new Set(shares.map(({ epoch }) => epoch))].toSorted((a, b) => a - b);
  return epochs.map((epoch) => {
    const parts = shares.filter((share) => share.epoch === epoch);
    const examples = parts.reduce((sum, part) => sum + (part.examples ?? 0), 0);
    const mean = (of: (part: EpochRecord) => number) =>
      parts.reduce((sum, part) => sum + of(part) * (part.examples ?? 0), 0) / examples;
    return { epoch, loss: mean(({ loss }) => loss), accuracy: mean(({ accuracy }) => accuracy) };
  });
}

/** Collects the replicas' reports of their steps. The weights come from the first replica that reaches the epoch's end. */
export class EpochDetailsCollector {
  readonly #steps = new Map<number, { readonly loss: number; readonly accuracy: number }>();
  readonly #weights = new Map<number, EpochDetails['weights']>();

  /** @param steps  steps of the share, counted from 0 over all epochs. */
  add(epoch: number, steps: readonly number[], { losses, accuracies, weights }: EpochDetails): void {
    for (const [i, step] of steps.entries()) {
      this.#steps.set(step, { loss: losses[i] ?? 0, accuracy: accuracies[i] ?? 0 });
    }
    if (weights.length > 0 && !this.#weights.has(epoch)) this.#weights.set(epoch, weights);
  }

  /** Returns and forgets the details of the steps before `end`, in order. */
  take(epoch: number, end: number): EpochDetails | undefined {
    const known = [...this.#steps].filter(([step]) => step < end).toSorted(([a], [b]) => a - b);
    if (known.length === 0) return undefined;
    for (const [step] of known) this.#steps.delete(step);
    const weights = this.#weights.get(epoch) ?? [];
    this.#weights.delete(epoch);
    return {
      losses: Float32Array.from(known, ([, { loss }]) => loss),
      accuracies: Float32Array.from(known, ([, { accuracy }]) => accuracy),
      weights,
    };
  }
}
