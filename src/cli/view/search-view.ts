// What `search` and `resume` need of a view.

import type { RunEvent } from './run-state.ts';

export interface SearchView {
  /** The data set is being read: steps done and in all. */
  loading(done: number, total: number): void;
  show(event: RunEvent): void;
  /** Nothing more is shown, and the terminal is as it was. May be called again. */
  stop(): void;
}
