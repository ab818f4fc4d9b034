// Options of commands that use a queue.

import type { Command } from 'commander';

export interface QueueOptions {
  readonly queue?: string;
  readonly listen?: string;
}

/** For commands that have their candidates trained by the workers of a queue. */
export function addQueueOptions(command: Command): void {
  command
    .option('--queue <url>', 'candidates are trained by the workers of this queue, redis://HOST:6379/0')
    .option('--listen <host:port>', 'where those workers reach this machine (default: all its addresses, any port)');
}

/** What `createSearch` and `resumeSearch` take. */
export function queueFrom({ queue, listen }: QueueOptions) {
  return queue === undefined ? {} : { queue: { url: queue, listen } };
}
