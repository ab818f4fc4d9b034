// auto-cnn evaluate MODEL DATA

import type { Command } from 'commander';
import {
  type Dataset,
  type ImageShape,
  InvalidInputError,
  loadDataset,
  type ModelMetadata,
  readModelFile,
  type Score,
} from '../../index.ts';
import {
  type ClassificationReport,
  configBeside,
  DeployedModel,
  formatImageShape,
  loadRuntime,
} from '../../internal.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import { configFrom, DATA_FLAGS, readFlags } from '../options/config-flags.ts';
import { coloursFor, type Terminal } from '../terminal.ts';
import { createSearchView } from '../view/create-search-view.ts';
import { evaluationText } from '../view/evaluation-text.ts';
import { grouped, percent, shownGenome } from '../view/format.ts';

interface EvaluateOptions extends CommonOptions {
  readonly skipBroken?: boolean;
}

export function addEvaluateCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('evaluate')
    .summary('score a model on the test part of DATA')
    .description(
      'Scores a model on the test part of DATA, prepared as the model takes it: accuracy, each class, confusions, calibration.',
    )
    .argument('<MODEL>', 'model.onnx, or the run folder that holds it')
    .argument('<DATA>', 'a name (mnist, cifar10), a folder, or a file (.zip, .tar.gz, .npz, .csv, .parquet)')
    .option('--size <HxW>', "bring all images to this size (default: the model's)")
    .option('--channels-in <mode>', "grey or rgb (default: the model's)")
    .option('--test <share>', "split off as test part if the data has none (default: the run's)")
    .option('--layout <order>', 'nhwc or nchw: channels of arrays last or first')
    .option('--data-dir <folder>', 'where the files of a named data set lie')
    .option('--skip-broken', 'go on without images that cannot be read');
  addCommonOptions(command);
  command.action(async (path: string, source: string, options: EvaluateOptions) => {
    const given = readFlags({ ...options }, DATA_FLAGS);
    const { dataset: asked } = configFrom(undefined, source, given);
    const { path: file, bytes, metadata } = await readModelFile(path);
    const shape = { ...metadata.input, ...asked.size, ...(asked.channels && { channels: CHANNELS[asked.channels] }) };
    requireShape(metadata, shape, file);
    const view = createSearchView(terminal, options.json ?? false);
    const dataset = await loadDataset(source, {
      size: { height: shape.height, width: shape.width },
      channels: shape.channels === 1 ? 'grey' : 'rgb',
      skipBroken: options.skipBroken,
      layout: asked.layout,
      dataDir: asked.dataDir,
      // The same split as in its run; any other test part would hold images that it was trained on.
      test: asked.test ?? configBeside(file)?.dataset.test,
      onProgress: view.loading,
      signal: terminal.signal,
    }).finally(view.stop);
    requireShape(metadata, dataset.shape, file);
    requireClasses(metadata, dataset.classes, file, source);
    const model = await DeployedModel.load(await loadRuntime(), bytes, file);
    const evaluation = await model.evaluate(dataset.test, dataset.shape);
    await model.release();
    print(terminal, options.json ?? false, file, metadata, dataset, evaluation);
    done(EXIT.done);
  });
}

const CHANNELS = { grey: 1, rgb: 3 } as const;

/** @throws {InvalidInputError} if the model takes other images. */
function requireShape({ input }: ModelMetadata, shape: ImageShape, file: string): void {
  if (formatImageShape(input) === formatImageShape(shape)) return;
  throw new InvalidInputError(
    `${file} takes images of ${formatImageShape(input)}, not ${formatImageShape(shape)}; leave --size and --channels-in out to have them fitted`,
  );
}

/** @throws {InvalidInputError} if the model has other classes. */
function requireClasses({ classes }: ModelMetadata, found: readonly string[], file: string, source: string): void {
  if (JSON.stringify(classes) === JSON.stringify(found)) return;
  throw new InvalidInputError(
    `${file} tells the classes ${listed(classes)} apart, but ${source} has ${listed(found)}; give data with the model's classes`,
  );
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown}, … (${names.length})` : `${shown} (${names.length})`;
}

function print(
  { stdout, env }: Terminal,
  json: boolean,
  model: string,
  { genome, classes: names }: ModelMetadata,
  { name, fingerprint, test, notes }: Dataset,
  evaluation: Score & ClassificationReport,
): void {
  const { accuracy, loss, ...report } = evaluation;
  if (json) {
    const dataset = { name, fingerprint };
    const classes = report.classes.map((score, i) => ({ name: names[i], ...score }));
    const scores = { accuracy, loss, ...report, classes };
    stdout.write(`${JSON.stringify({ model, genome, dataset, examples: test.count, ...scores })}\n`);
    return;
  }
  const colours = coloursFor(stdout, env);
  const lines = [
    ...notes.map((note) => `note: ${note}`),
    `Model     ${model} (${shownGenome(genome)})`,
    `Data      ${name}, ${grouped(test.count)} test images`,
    `Accuracy  ${colours.bold(colours.green(percent(accuracy)))}`,
    `Loss      ${loss.toFixed(4)}`,
    '',
    ...evaluationText(names, report),
  ];
  stdout.write(`${lines.join('\n')}\n`);
}
