// auto-cnn resume RUN

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { resumeSearch } from '../../index.ts';
import { openRunFolder, readSummary, resolveConfig, tidyRunFolder } from '../../internal.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import { placeIn, readFlags, SEARCH_FLAGS } from '../options/config-flags.ts';
import { addQueueOptions, type QueueOptions, queueFrom } from '../options/queue-options.ts';
import { PROCESS_START, type Terminal } from '../terminal.ts';
import { drawReport, printSummary, runSearch } from './run-search.ts';

interface ResumeOptions extends CommonOptions, QueueOptions {
  readonly data?: string;
}

/** Flags that have no effect on results. */
const FLAGS = SEARCH_FLAGS['Machine:'] ?? [];

export function addResumeCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('resume')
    .summary('go on with a run that was interrupted')
    .description('Goes on with a run where it stopped; prints the summary of one that is done.')
    .argument('<RUN>', 'run folder, such as runs/mnist-1')
    .option('--data <path>', 'where the data of the run lies now, if it was moved; the run keeps the new place')
    .option('--workers <n>', 'child processes (default: as before)')
    .option('--timeout <time>', 'longest training of a candidate, such as 90s (default: as before)');
  addQueueOptions(command);
  addCommonOptions(command);
  command.addHelpText('after', EXAMPLES);
  command.action(async (run: string, options: ResumeOptions) => {
    const json = options.json ?? false;
    const given = readFlags({ ...options }, FLAGS);
    const { folder, config } = openRunFolder(run);
    const changes = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
    const { workers, timeoutSeconds } = resolveConfig({ ...config, ...changes }, placeIn(given, folder.config));
    const summary = readSummary(folder);
    if (summary !== undefined && options.data === undefined) {
      // It was killed before its report was written.
      if (!existsSync(folder.report)) await drawReport(terminal, folder.path, () => tidyRunFolder(folder));
      printSummary(terminal, json, summary, folder.path, config.dataset.source);
      done(EXIT.done);
      return;
    }
    const { signal } = terminal;
    done(
      await runSearch(terminal, json, (view) =>
        resumeSearch(run, {
          workers,
          timeoutSeconds,
          ...(options.data !== undefined && { data: options.data }),
          ...queueFrom(options),
          onLoadProgress: view.loading,
          startedAt: PROCESS_START,
          signal,
        }),
      ),
    );
  });
}

const EXAMPLES = `
Examples:
  $ auto-cnn resume runs/photos-1
  $ auto-cnn resume runs/photos-1 --data /mnt/new-disk/photos`;
