// A search in a page that ends without warning, and what is left of it.

import type { Page } from 'playwright-core';
import { workInPage } from './serve-sources.mjs';

export interface LeftBehind {
  readonly journal: readonly object[];
  readonly files: readonly (readonly [path: string, bytes: Uint8Array])[];
}

/**
 * Begins a search and kills it while it trains its second candidate.
 *
 * @param kill  ends the web worker, the page or the browser.
 */
export function killSearch(page: Page, input: object, kill: () => Promise<unknown>): Promise<LeftBehind> {
  const journal: object[] = [];
  const files = new Map<string, Uint8Array>();
  return new Promise((resolve, reject) => {
    const left = () => resolve({ journal: [...journal], files: [...files] });
    workInPage(page, 'search', input, ({ entry, file, removed }) => {
      if (file !== undefined) files.set(...file);
      if (removed !== undefined) files.delete(removed);
      if (entry === undefined || journal.push(entry) !== 1) return;
      kill().then(left, reject);
    }).then(
      () => reject(new Error('the search came to its end')),
      (error) => journal.length === 0 && reject(error),
    );
  });
}
