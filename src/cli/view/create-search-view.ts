// How a search is shown: live in a terminal, line by line in a pipe, not at all with --json.

import { isInteractive, type Terminal } from '../terminal.ts';
import { createLiveView } from './live-view.ts';
import { createPlainView } from './plain-view.ts';
import type { SearchView } from './search-view.ts';

export function createSearchView(terminal: Terminal, json: boolean): SearchView {
  if (json) return { loading() {}, show() {}, stop() {} };
  return isInteractive(terminal) ? createLiveView(terminal) : createPlainView(terminal);
}
