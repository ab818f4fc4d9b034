// auto-cnn data DATA

import type { Command } from 'commander';
import { type DatasetDescription, describeDataset, loadDataset } from '../../index.ts';
import { explainDataset, type FileRole, writeContactSheet } from '../../internal.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import { configFrom, optionOf, readFlags } from '../options/config-flags.ts';
import { DATA_FLAGS, LABELS_FLAG } from '../options/data-flags.ts';
import { coloursFor, type Terminal } from '../terminal.ts';
import { createSearchView } from '../view/create-search-view.ts';
import { cell, grouped, shownPath } from '../view/format.ts';

interface DataOptions extends CommonOptions {
  readonly skipBroken?: boolean;
  readonly sheet?: string;
  readonly explain?: boolean;
}

const FLAGS = [...DATA_FLAGS, LABELS_FLAG];

export function addDataCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('data')
    .summary('show what is in DATA')
    .description(
      'Shows classes, counts, sizes, mean and standard deviation of DATA, and what to know before training on it.',
    )
    .argument('<DATA>', 'a name (mnist, cifar10), a folder, or a file (.zip, .tar.gz, .npz, .csv, .parquet)')
    .option('--sheet <file>', 'write a contact sheet, a PNG with images of each class')
    .option('--explain', 'list the part and the class of every file, and the rule that gave them');
  for (const flag of FLAGS) command.addOption(optionOf(flag));
  command.option('--skip-broken', 'go on without images that cannot be read');
  addCommonOptions(command);
  command.addHelpText('after', EXAMPLES);
  command.action(async (source: string, options: DataOptions) => {
    const { dataset: asked } = configFrom(undefined, source, readFlags({ ...options }, FLAGS));
    const view = createSearchView(terminal, options.json ?? false);
    const { source: _, fingerprint: __, ...loadOptions } = asked;
    const files = options.explain
      ? await explainDataset(source, { ...loadOptions, skipBroken: options.skipBroken })
      : undefined;
    if (files !== undefined && !options.json) terminal.stdout.write(`${listFiles(files).join('\n')}\n\n`);
    const dataset = await loadDataset(source, {
      ...loadOptions,
      skipBroken: options.skipBroken,
      onProgress: view.loading,
      signal: terminal.signal,
    }).finally(view.stop);
    if (options.sheet !== undefined) await writeContactSheet(dataset, options.sheet);
    const description = describeDataset(dataset);
    const { stdout } = terminal;
    if (options.json) stdout.write(`${JSON.stringify({ ...description, sheet: options.sheet, files })}\n`);
    else stdout.write(`${describe(description, options.sheet, terminal).join('\n')}\n`);
    done(EXIT.done);
  });
}

function describe(data: DatasetDescription, sheet: string | undefined, { stdout, env }: Terminal): string[] {
  const { name, shape, trainExamples, validationExamples, testExamples, classes, mean, std, notes, fingerprint } = data;
  const held = validationExamples === undefined ? '' : ` ${grouped(validationExamples)} validation,`;
  const colours = coloursFor(stdout, env);
  const width = Math.max(5, ...classes.map((each) => [...each.name].length));
  const row = (first: string, train: string, validation: string, test: string): string =>
    `  ${cell(first, Math.min(40, width))}  ${cell(train, 9, 'right')}` +
    `${held === '' ? '' : `  ${cell(validation, 10, 'right')}`}  ${cell(test, 9, 'right')}`;
  const numbers = (values: readonly number[]): string => values.map((value) => value.toFixed(1)).join(', ');
  return [
    ...notes.map((note) => colours.yellow(`note: ${note}`)),
    `Data         ${name}`,
    `Images       ${grouped(trainExamples)} training,${held} ${grouped(testExamples)} test`,
    `Size         ${shape.height} × ${shape.width}, ${shape.channels === 1 ? 'grey' : 'colour'}`,
    `Mean         ${numbers(mean)}`,
    `Deviation    ${numbers(std)}`,
    `Fingerprint  ${fingerprint}`,
    ...(sheet === undefined ? [] : [`Sheet        ${shownPath(sheet)}`]),
    '',
    colours.dim(row('class', 'training', 'validation', 'test')),
    ...classes.map((each) => row(each.name, grouped(each.train), grouped(each.validation ?? 0), grouped(each.test))),
  ];
}

/** A line for each file: its part, its class, its name, the rule. Long names are not cut: they are what is asked for. */
function listFiles(files: readonly FileRole[]): string[] {
  const rows = files.map(({ file, part = '-', className = '', rule }) => [part, className, file, rule] as const);
  const widthOf = (column: 1 | 2): number => rows.reduce((width, row) => Math.max(width, row[column].length), 0);
  const [classWidth, fileWidth] = [Math.min(widthOf(1), 30), Math.min(widthOf(2), 60)];
  return rows.map(
    ([part, className, file, rule]) =>
      `${part.padEnd(10)}  ${className.padEnd(classWidth)}  ${file.padEnd(fileWidth)}  ${rule}`,
  );
}

const EXAMPLES = `
Examples:
  $ auto-cnn data mnist
  $ auto-cnn data ./photos --size 64x64 --sheet photos.png
  $ auto-cnn data ./photos --explain
  $ auto-cnn data cifar10 --data-dir ~/data --json`;
