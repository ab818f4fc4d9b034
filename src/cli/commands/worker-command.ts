// auto-cnn worker

import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { InvalidInputError, ProcessPoolEvaluator } from '../../index.ts';
import { EXIT } from '../exit.ts';
import { parseNumber, parseSeconds } from '../options/option-values.ts';
import type { Terminal } from '../terminal.ts';

interface WorkerOptions {
  readonly queue: string;
  readonly concurrency?: string;
  readonly dataDir?: string;
  readonly lowering: 'auto' | 'blocked' | 'plain';
  readonly timeout: string;
  readonly drain?: boolean;
}

export function addWorkerCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('worker')
    .summary('train candidates of searches on other machines')
    .description('Takes candidates from a queue and trains them, until it is stopped (Ctrl-C, SIGTERM).')
    .requiredOption('--queue <url>', 'the queue, such as redis://HOST:6379/0')
    .option('--concurrency <n>', 'candidates at the same time (default: one per core)')
    .option('--data-dir <folder>', 'folder for data sets and weights; workers may share it (default: the cache)')
    .addOption(
      new Option('--lowering <name>', 'graphs that it computes: those of the searches that it is for')
        .choices(['auto', 'blocked', 'plain'])
        .default('auto'),
    )
    .option('--timeout <time>', 'longest training of any candidate, such as 10m', '1h')
    .option('--drain', 'end when no task and no search is left')
    .option('--debug', 'print the stack trace of an error');
  command.addHelpText('after', EXAMPLES);
  command.action(async (options: WorkerOptions) => {
    const { queue, dataDir, lowering, drain = false } = options;
    const workers = concurrencyOf(options);
    const { QueueWorker } = await import('../../internal.ts');
    // The limit of a candidate is that of its worker or its search.
    const evaluator = new ProcessPoolEvaluator({ workers });
    try {
      const worker = await QueueWorker.start({
        url: queue,
        evaluator,
        lowering,
        dataDir,
        timeoutMs: parseSeconds(options.timeout, '--timeout') * 1000,
        drain,
        notify: (line) => terminal.stdout.write(`${line}\n`),
      });
      await worker.run(terminal.signal);
    } finally {
      await evaluator.close();
    }
    terminal.stdout.write('the worker has ended; what it had begun is back on the queue\n');
    done(EXIT.done);
  });
}

function concurrencyOf({ concurrency }: WorkerOptions): number {
  if (concurrency === undefined) return availableParallelism();
  const count = parseNumber(concurrency, '--concurrency');
  if (Number.isInteger(count) && count >= 1 && count <= 1024) return count;
  throw new InvalidInputError(`--concurrency must be a whole number from 1 to 1024, received ${concurrency}`);
}

const EXAMPLES = `
Examples:
  $ auto-cnn worker --queue redis://10.0.0.5:6379/0
  $ auto-cnn worker --queue rediss://worker:PASSWORD@redis.example.org/0 --concurrency 8
  $ auto-cnn worker --queue redis://10.0.0.5:6379/0 --data-dir /mnt/shared --drain`;
