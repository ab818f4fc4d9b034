// Who may train now: several tasks together, or one alone.

import { cancelledError } from '../evaluator.ts';

interface Waiting {
  readonly places: number;
  readonly enter: () => void;
}

/**
 * A number of places, given out in the order in which they were asked for: a task that asks for all of them gets them
 * when those before it are done, and those after it wait until it is done.
 */
export class Turns {
  readonly places: number;
  readonly #waiting: Waiting[] = [];
  #free: number;

  constructor(places: number) {
    this.places = places;
    this.#free = places;
  }

  /**
   * Waits for places.
   *
   * @returns gives them back.
   * @throws {EvaluationError} `cancelled` if the signal is aborted before.
   */
  take(places: number, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(cancelledError(signal.reason));
        this.#letIn();
      };
      const enter = () => {
        signal.removeEventListener('abort', giveUp);
        this.#free -= places;
        resolve(() => this.#giveBack(places));
      };
      const waiting = { places, enter };
      this.#waiting.push(waiting);
      if (signal.aborted) return giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      this.#letIn();
    });
  }

  #giveBack(places: number): void {
    this.#free += places;
    this.#letIn();
  }

  #letIn(): void {
    for (let first = this.#waiting[0]; first && first.places <= this.#free; first = this.#waiting[0]) {
      this.#waiting.shift();
      first.enter();
    }
  }
}
