// auto-cnn search [DATA]

import { type Command, Option } from 'commander';
import { createSearch } from '../../index.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import {
  ALL_FLAGS,
  configFrom,
  optionOf,
  PRESET_FLAG,
  readConfig,
  readFlags,
  SEARCH_FLAGS,
} from '../options/config-flags.ts';
import { settingsFrom } from '../options/config-origins.ts';
import { addQueueOptions, type QueueOptions, queueFrom } from '../options/queue-options.ts';
import { PROCESS_START, type Terminal } from '../terminal.ts';
import { configText } from '../view/config-text.ts';
import { runSearch } from './run-search.ts';

interface SearchOptions extends CommonOptions, QueueOptions {
  readonly out?: string;
  readonly config?: string;
  readonly importFitness?: string;
  readonly skipBroken?: boolean;
  readonly printConfig?: boolean;
}

export function addSearchCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('search')
    .summary('design and train a network for DATA')
    .description('Designs a network for labelled images, trains it, and writes it as an ONNX model.')
    .argument('[DATA]', 'a name (mnist, cifar10), a folder, or a file (.zip, .tar.gz, .npz, .csv, .parquet)')
    .option('--out <folder>', 'run folder to make (default: the next in runs/)')
    .option('--config <file>', 'JSON file with settings; flags win over it, it wins over the preset')
    .addOption(optionOf(PRESET_FLAG))
    .option('--import-fitness <file>', 'JSON file of genomes and their fitness under these very settings')
    .option('--print-config', 'print each setting with where it comes from, and stop');
  addQueueOptions(command);
  addCommonOptions(command);
  for (const [heading, flags] of Object.entries(SEARCH_FLAGS)) {
    for (const flag of flags) command.addOption(optionOf(flag).helpGroup(heading));
  }
  command.addOption(new Option('--skip-broken', 'go on without images that cannot be read').helpGroup('Data:'));
  command.addHelpText('after', EXAMPLES);
  command.action(async (data: string | undefined, options: SearchOptions) => {
    const given = new Map(readFlags({ ...options }, ALL_FLAGS));
    if (options.skipBroken) given.set('dataset.skipBroken', { flag: '--skip-broken', value: true });
    const file = readConfig(options.config);
    if (options.printConfig) {
      const settings = settingsFrom(file, data, given);
      const byKey = Object.fromEntries(settings.map(({ key, value, from }) => [key, { value, from }]));
      const text = options.json ? `${JSON.stringify(byKey)}\n` : configText(settings, terminal.stdout.columns ?? 80);
      terminal.stdout.write(text);
      return done(EXIT.done);
    }
    const config = configFrom(file, data, given);
    const exitCode = await runSearch(terminal, options.json ?? false, (view) =>
      createSearch(config, {
        ...(options.out !== undefined && { out: options.out }),
        ...(options.importFitness !== undefined && { importFitness: options.importFitness }),
        ...queueFrom(options),
        onLoadProgress: view.loading,
        startedAt: PROCESS_START,
        signal: terminal.signal,
      }),
    );
    done(exitCode);
  });
}

const EXAMPLES = `
Examples:
  $ auto-cnn search mnist --budget 3m
  $ auto-cnn search ./photos --size 48x48 --population 12 --generations 8
  $ auto-cnn search mnist --max-parameters 50e3 --epochs 3 --out runs/small
  $ auto-cnn search ./photos --preset cnn-ga --epochs 20 --print-config
  $ auto-cnn search --config runs/small/config.json --seed 2 --json`;
