// auto-cnn evaluate MODEL DATA

import type { Command } from 'commander';
import { InvalidInputError, type ModelMetadata, readModelFile, type Score } from '../../index.ts';
import {
  type ClassificationReport,
  DeployedModel,
  imagesToScore,
  loadScoringRuntime,
  nearestOf,
  type ScoredImages,
  type ScoredPart,
} from '../../internal.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import { configFrom, readFlags } from '../options/config-flags.ts';
import { type ConfigFlag, DATA_FLAGS } from '../options/data-flags.ts';
import { coloursFor, type Terminal } from '../terminal.ts';
import { createSearchView } from '../view/create-search-view.ts';
import { evaluationText, occurringClasses } from '../view/evaluation-text.ts';
import { counted, grouped, intervalText, percent, shownGenome } from '../view/format.ts';

interface EvaluateOptions extends CommonOptions {
  readonly part?: string;
  readonly skipBroken?: boolean;
}

export function addEvaluateCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('evaluate')
    .summary('score a model on DATA')
    .description(
      "Scores a model on images that it was not trained on: the test part of its run's own data, all of other data. Gives accuracy, each class, confusions, calibration.",
    )
    .argument('<MODEL>', 'model.onnx, or the run folder that holds it')
    .argument('<DATA>', 'a name (mnist, cifar10), a folder, or a file (.zip, .tar.gz, .npz, .csv, .parquet)')
    .option('--part <part>', `${PARTS.join(', ')} (default: test of the run's own data, all of other data)`);
  for (const { flags, key, description } of DATA_FLAGS) command.option(flags, DEFAULTS[key] ?? description);
  command.option('--skip-broken', 'go on without images that cannot be read');
  addCommonOptions(command);
  command.addHelpText('after', EXAMPLES);
  command.action(async (path: string, source: string, options: EvaluateOptions) => {
    const part = options.part === undefined ? undefined : requirePart(options.part);
    const given = readFlags({ ...options }, DATA_FLAGS);
    const { source: _, ...asked } = configFrom(undefined, source, given).dataset;
    const model = await readModelFile(path);
    const view = createSearchView(terminal, options.json ?? false);
    const images = await imagesToScore(model, source, {
      ...asked,
      part,
      ...(options.skipBroken && { skipBroken: true }),
      onProgress: view.loading,
      signal: terminal.signal,
    }).finally(view.stop);
    const deployed = await DeployedModel.load(await loadScoringRuntime(), model.bytes, model.path);
    const evaluation = await deployed.evaluate(images.examples, images.shape);
    await deployed.release();
    const { stdout, env } = terminal;
    const lines = options.json
      ? [JSON.stringify(toJson(model.path, model.metadata, images, evaluation))]
      : toText(model.path, model.metadata, images, evaluation, coloursFor(stdout, env));
    stdout.write(`${lines.join('\n')}\n`);
    done(EXIT.done);
  });
}

const PARTS: readonly ScoredPart[] = ['train', 'validation', 'test', 'all'];

function requirePart(text: string): ScoredPart {
  const known = PARTS.find((part) => part === text);
  if (known !== undefined) return known;
  const near = nearestOf(text, PARTS);
  throw new InvalidInputError(
    `--part must be one of ${PARTS.join(', ')}, received ${JSON.stringify(text)}${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}

/** What the flags of the data mean here. */
const DEFAULTS: Readonly<Partial<Record<ConfigFlag['key'], string>>> = {
  'dataset.size': "bring all images to this size (default: the model's)",
  'dataset.channels': "grey or rgb (default: the model's)",
  'dataset.test': "split off this share, if the data has no test part, and score it (default: the run's)",
};

type Evaluation = Score & ClassificationReport;

/** Rows for the classes that have images, in the order of the model; columns of the confusions for all its classes. */
function toJson(
  model: string,
  { genome, classes: names }: ModelMetadata,
  { name, fingerprint, isOwn, part, counts, examples, notes }: ScoredImages,
  { accuracy, loss, macro, calibration, ...report }: Evaluation,
): unknown {
  const rows = occurringClasses(report);
  return {
    model,
    genome,
    dataset: { name, fingerprint, ownData: isOwn ?? null, parts: counts },
    part,
    examples: examples.count,
    accuracy,
    loss,
    classes: rows.map((label) => ({ name: names[label], ...report.classes[label] })),
    macro,
    predictedClasses: names,
    confusion: rows.map((label) => report.confusion[label]),
    calibration,
    notes,
  };
}

function toText(
  model: string,
  { genome, classes: names }: ModelMetadata,
  images: ScoredImages,
  { accuracy, loss, ...report }: Evaluation,
  colours: ReturnType<typeof coloursFor>,
): readonly string[] {
  const rows = occurringClasses(report);
  const missing = names.filter((_, label) => !rows.includes(label));
  const notes = [
    ...images.notes,
    ...(missing.length === 0
      ? []
      : [`No images of ${counted(missing.length, 'class', 'classes')}: ${firstOf(missing)}.`]),
  ];
  return [
    ...notes.map((note) => `note: ${note}`),
    `Model     ${model} (${shownGenome(genome)})`,
    `Data      ${images.name}, ${describePart(images)}`,
    `Accuracy  ${colours.bold(colours.green(percent(accuracy)))}, ${intervalText(accuracy, images.examples.count)}`,
    `Loss      ${loss.toFixed(4)}`,
    '',
    ...evaluationText(names, report),
  ];
}

const firstOf = (names: readonly string[]): string =>
  `${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`;

const WORDS = { train: 'training', validation: 'validation', test: 'test' } as const;

/** Which images are scored, and whether the model may know them. */
function describePart({ part, isOwn, counts, examples }: ScoredImages): string {
  const images = (what: string) => `${grouped(examples.count)} ${what}${examples.count === 1 ? 'image' : 'images'}`;
  if (part !== 'all') {
    const trainedOn = isOwn === true && part !== 'test' ? ', which the model was trained on' : '';
    return `${images(`${WORDS[part]} `)}${isOwn === true ? ' of its run' : ''}${trainedOn}`;
  }
  const parts = Object.entries(counts).map(([name, count]) => `${grouped(count)} ${name}`);
  const all = `all ${images('')}${parts.length > 1 ? ` (${parts.join(', ')})` : ''}`;
  if (isOwn === true) return `${all} of its run, most of which the model was trained on`;
  return isOwn === false
    ? `${all}: not the data of its run`
    : `${all}: no run beside the model tells whether it was trained on them`;
}

const EXAMPLES = `
Examples:
  $ auto-cnn evaluate runs/photos-1 ./photos        (the test part of the run)
  $ auto-cnn evaluate runs/photos-1 ./new-photos    (all of them)
  $ auto-cnn evaluate model.onnx ./photos --part validation`;
