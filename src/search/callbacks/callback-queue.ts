// Calls callbacks one at a time, in the order of events.

import type { Callback, Method } from './callback.ts';

/** Calls the callbacks one after the other, and reports each distinct error once. */
export class CallbackQueue {
  readonly #callbacks: readonly Callback[];
  readonly #report: (notice: string) => void;
  readonly #reported = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  constructor(callbacks: readonly Callback[], report: (notice: string) => void) {
    this.#callbacks = callbacks;
    this.#report = report;
  }

  /** Whether any callback has the method. */
  hears(method: Method): boolean {
    return this.#callbacks.some((callback) => callback[method] !== undefined);
  }

  /** Calls a method of each callback that has it, once all earlier calls have finished. */
  call(method: Method, invoke: (callback: Callback) => void | Promise<void> | undefined): void {
    for (const [index, callback] of this.#callbacks.entries()) {
      if (callback[method] === undefined) continue;
      this.#last = this.#last
        .then(() => invoke(callback))
        .catch((error: unknown) => this.#reportOnce(`${nameOf(callback, index)} failed in ${method}`, error));
    }
  }

  /** Resolves when the queue is empty. */
  async idle(): Promise<void> {
    for (let last: Promise<void> | undefined; last !== this.#last; ) {
      last = this.#last;
      await last;
    }
  }

  /** A failure that recurs in every epoch is reported once. */
  #reportOnce(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const notice = `${what}: ${reason}; the search went on`;
    if (this.#reported.has(notice)) return;
    this.#reported.add(notice);
    this.#report(notice);
  }
}

/** The callback's name, else its class name, else its position. */
function nameOf(callback: Callback, index: number): string {
  const { name: className } = callback.constructor;
  return `callback ${callback.name ?? (className === 'Object' ? `number ${index + 1}` : className)}`;
}
