import type { Page } from 'playwright-core';

export interface Kept {
  readonly entry?: object;
  readonly file?: readonly [path: string, bytes: Uint8Array];
  readonly removed?: string;
}

export function serveSources(): Promise<{ readonly base: string; close(): Promise<void> }>;
/** The answer is what the job in worker.mjs gives. */
// biome-ignore lint/suspicious/noExplicitAny: each job has an answer of its own
export function workInPage(page: Page, job: string, input: unknown, keep?: (kept: Kept) => void): Promise<any>;
