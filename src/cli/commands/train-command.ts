// auto-cnn train GENOME DATA

import { type Command, Option } from 'commander';
import { createSearch, parseGenome } from '../../index.ts';
import { AUTO_GENOME } from '../../internal.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import { configFrom, optionOf, PRESET_FLAG, readConfig, readFlags, SEARCH_FLAGS } from '../options/config-flags.ts';
import type { ConfigFlag } from '../options/data-flags.ts';
import { parseNumber, parseText } from '../options/option-values.ts';
import { PROCESS_START, type Terminal } from '../terminal.ts';
import { runSearch } from './run-search.ts';

interface TrainOptions extends CommonOptions {
  readonly out?: string;
  readonly config?: string;
  readonly skipBroken?: boolean;
}

/** Flags of a search that mean nothing to a training on all training images. */
const OF_SEARCH = [
  'training.epochs',
  'finalEpochs',
  'training.metrics',
  'training.earlyStoppingPatience',
  'fitnessOn',
  'validation',
  'searchLimit',
];

const START_FLAG: ConfigFlag = {
  flags: '--start-from <run>',
  key: 'startFrom.run',
  description: 'finished run whose weights it begins with, and with auto its network',
  parse: parseText,
};

const EPOCHS_FLAG: ConfigFlag = {
  flags: '--epochs <n>',
  key: 'finalEpochs',
  description: 'epochs on all training images',
  parse: parseNumber,
};

/** By their heading in `--help`. */
const TRAIN_FLAGS: Readonly<Record<string, readonly ConfigFlag[]>> = {
  'Training:': [
    EPOCHS_FLAG,
    START_FLAG,
    ...flagsUnder('Budget:'),
    ...flagsUnder('Training:'),
    ...flagsUnder('Final training:'),
    ...flagsUnder('Evolution:').filter(({ key }) => key === 'seed'),
  ],
  ...Object.fromEntries(
    ['Networks:', 'Augmentation of the training images:', 'Data:', 'Backbone:', 'Machine:'].map((name) => [
      name,
      flagsUnder(name),
    ]),
  ),
};

const ALL_TRAIN_FLAGS = [PRESET_FLAG, ...Object.values(TRAIN_FLAGS).flat()];

export function addTrainCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('train')
    .summary('train the network of a genome, without a search')
    .description('Trains the network of a genome on all training images, and writes it as an ONNX model.')
    .argument(
      '<GENOME>',
      'such as 32-64-max-128-128; auto: a reference design as large as --budget can train; the empty text: no layers',
    )
    .argument('<DATA>', 'a name (mnist, cifar10), a folder, or a file (.zip, .tar.gz, .npz, .csv, .parquet)')
    .option('--out <folder>', 'run folder to make (default: the next in runs/)')
    .option('--config <file>', 'JSON file with settings, such as config.json of a run; flags win over it')
    .addOption(optionOf(PRESET_FLAG));
  addCommonOptions(command);
  for (const [heading, flags] of Object.entries(TRAIN_FLAGS)) {
    for (const flag of flags) command.addOption(optionOf(flag).helpGroup(heading));
  }
  command.addOption(new Option('--skip-broken', 'go on without images that cannot be read').helpGroup('Data:'));
  command.addHelpText('after', EXAMPLES);
  command.action(async (genome: string, data: string, options: TrainOptions) => {
    if (genome !== AUTO_GENOME) parseGenome(genome);
    const given = new Map(readFlags({ ...options }, ALL_TRAIN_FLAGS));
    given.set('genome', { flag: 'GENOME', value: genome });
    if (options.skipBroken) given.set('dataset.skipBroken', { flag: '--skip-broken', value: true });
    const config = configFrom(readConfig(options.config), data, given);
    const exitCode = await runSearch(terminal, options.json ?? false, (view) =>
      createSearch(config, {
        ...(options.out !== undefined && { out: options.out }),
        onLoadProgress: view.loading,
        startedAt: PROCESS_START,
        signal: terminal.signal,
      }),
    );
    done(exitCode);
  });
}

function flagsUnder(heading: string): readonly ConfigFlag[] {
  return (SEARCH_FLAGS[heading] ?? []).filter(({ key }) => !OF_SEARCH.includes(key));
}

const EXAMPLES = `
Examples:
  $ auto-cnn train 16-32-max-32-32 mnist --epochs 5
  $ auto-cnn train 16-32-max-32-32 ./photos --config runs/photos-1/config.json --repeats 5
  $ auto-cnn train auto ./photos --budget 10m
  $ auto-cnn train 128-64 mnist --preset autocnn --json`;
