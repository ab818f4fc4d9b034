// A view of a search, as `search` and `resume` use it.

import type { RunEvent } from './run-state.ts';

export interface SearchView {
  /** Reports the loading of the data: steps done, and steps in all. */
  loading(done: number, total: number): void;
  show(event: RunEvent): void;
  /** Ends the view and restores the terminal. May be called again. */
  stop(): void;
}
