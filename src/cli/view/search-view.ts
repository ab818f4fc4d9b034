// How a search is shown: live in a terminal, line by line in a pipe, not at all with --json.

import { isInteractive, type Terminal } from '../terminal.ts';
import { createLiveView } from './live-view.ts';
import { createPlainView } from './plain-view.ts';
import type { RunEvent } from './run-state.ts';

export interface SearchView {
  /** The data set is being read: steps done and in all. */
  loading(done: number, total: number): void;
  show(event: RunEvent): void;
  /** Nothing more is shown, and the terminal is as it was. May be called again. */
  stop(): void;
}

export function createSearchView(terminal: Terminal, json: boolean): SearchView {
  if (json) return { loading() {}, show() {}, stop() {} };
  return isInteractive(terminal) ? createLiveView(terminal) : createPlainView(terminal);
}
