// A Redis that is full takes nothing for a while: its tasks end, or somebody makes room.

import { setTimeout as pause } from 'node:timers/promises';

const AGAIN_MS = 500;

/**
 * Writes to Redis, again and again while it is full.
 *
 * @param what    named in the one notice about it.
 * @param signal  ends the attempts; then nothing may have been written.
 * @throws any other error of `write`.
 */
export async function untilTaken(
  what: string,
  write: () => Promise<void>,
  notify: (notice: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let isTold = false; !signal.aborted; ) {
    try {
      return await write();
    } catch (error) {
      const reason = fullnessOf(error);
      if (reason === undefined) throw error;
      if (!isTold) notify(`the queue does not take ${what} (${reason}), which is tried again until it does`);
      isTold = true;
    }
    await pause(AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}

/** What Redis says if it is full: of one command, or of the first in a transaction that it discarded for that. */
export function fullnessOf(error: unknown): string | undefined {
  const { previousErrors = [] } = error as { readonly previousErrors?: readonly Error[] };
  const messages = [error as Error, ...previousErrors].map(({ message }) => message);
  return messages.find((message) => message.startsWith('OOM '));
}
