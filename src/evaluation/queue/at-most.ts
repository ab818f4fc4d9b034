// A bound for what need not succeed, and might never end.

import { setTimeout as pause } from 'node:timers/promises';

/** Waits until the work is done, or has failed, or the time is up. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const timeIsUp = pause(ms, undefined, { signal: done.signal }).catch(() => {});
  await Promise.race([work.catch(() => {}), timeIsUp]);
  done.abort();
}
