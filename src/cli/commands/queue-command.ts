// auto-cnn queue URL

import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { createLogUpdate } from 'log-update';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import { isInteractive, type Terminal } from '../terminal.ts';
import { queueText } from '../view/queue-text.ts';

const EVERY_MS = 1000;

export function addQueueCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('queue')
    .summary('show the searches, workers and tasks of a queue')
    .description('Shows what goes on in a queue: in a terminal until Ctrl-C, in a pipe once.')
    .argument('<URL>', 'the queue, such as redis://HOST:6379/0');
  addCommonOptions(command);
  command.addHelpText('after', EXAMPLES);
  command.action(async (url: string, { json }: CommonOptions) => {
    const { stdout, signal } = terminal;
    const { watchQueue } = await import('../../internal.ts');
    const watch = await watchQueue(url);
    try {
      const linesOf = async () => queueText(watch.shownUrl, await watch.read(), (stdout.columns ?? 120) - 1);
      if (json) stdout.write(`${JSON.stringify(await watch.read())}\n`);
      else if (isInteractive(terminal)) await redraw(terminal, linesOf);
      else stdout.write(`${(await linesOf()).join('\n')}\n`);
    } finally {
      watch.close();
    }
    done(signal.aborted ? EXIT.interrupted : EXIT.done);
  });
}

async function redraw({ stdout, signal }: Terminal, linesOf: () => Promise<readonly string[]>): Promise<void> {
  const draw = createLogUpdate(stdout as NodeJS.WriteStream);
  while (!signal.aborted) {
    draw((await linesOf()).slice(0, Math.max(1, (stdout.rows ?? 24) - 1)).join('\n'));
    await pause(EVERY_MS, undefined, { signal }).catch(() => {});
  }
  draw.done();
}

const EXAMPLES = `
Examples:
  $ auto-cnn queue redis://10.0.0.5:6379/0
  $ auto-cnn queue redis://10.0.0.5:6379/0 --json`;
