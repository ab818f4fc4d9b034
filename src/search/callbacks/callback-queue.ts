// Calls callbacks one at a time, in the order of events.

import type { Callback, Method } from './callback.ts';

/** Calls the callbacks one after the other, and remembers what they threw. */
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

  /** Calls a method of each callback that has it, when all that was called before is done. */
  call(method: Method, invoke: (callback: Callback) => void | Promise<void> | undefined): void {
    for (const [index, callback] of this.#callbacks.entries()) {
      if (callback[method] === undefined) continue;
      this.#last = this.#last
        .then(() => invoke(callback))
        .catch((error: unknown) => this.#reportOnce(`${nameOf(callback, index)} failed in ${method}`, error));
    }
  }

  /** Resolves when nothing is left to call. */
  async idle(): Promise<void> {
    for (let last: Promise<void> | undefined; last !== this.#last; ) {
      last = this.#last;
      await last;
    }
  }

  /** What fails in every epoch is said once. */
  #reportOnce(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const notice = `${what}: ${reason}; the search went on`;
    if (this.#reported.has(notice)) return;
    this.#reported.add(notice);
    this.#report(notice);
  }
}

/** Its name, or that of its class, or its place. */
function nameOf(callback: Callback, index: number): string {
  const { name: className } = callback.constructor;
  return `callback ${callback.name ?? (className === 'Object' ? `number ${index + 1}` : className)}`;
}
