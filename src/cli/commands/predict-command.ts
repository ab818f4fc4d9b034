// auto-cnn predict MODEL IMAGE…

import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type FilePredictions, InvalidInputError, predictFiles } from '../../index.ts';
import { type FilePrediction, firstFreeFolder, type UnreadableImage } from '../../internal.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import { parseNumber } from '../options/option-values.ts';
import { coloursFor, type Terminal } from '../terminal.ts';
import { createSearchView } from '../view/create-search-view.ts';
import { counted, percent, shownPath } from '../view/format.ts';

interface PredictOptions extends CommonOptions {
  readonly top: string;
  readonly csv?: boolean;
  readonly explain?: string | true;
}

export function addPredictCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('predict')
    .summary('classify images with a model')
    .description('Classifies images, prepared exactly as the training images of the model were.')
    .argument('<MODEL>', 'model.onnx, or the run folder that holds it')
    .argument('<IMAGE...>', 'images, folders of them, or patterns such as "*.png"')
    .option('--top <n>', 'classes to show for each image, the likeliest first', '3')
    .option(
      '--explain [folder]',
      'after the images: draw what the model looks at in each, a PNG from 400 answers (default: explained/)',
    )
    .addOption(new Option('--csv', 'print comma-separated values').conflicts('json'));
  addCommonOptions(command);
  command.addHelpText('after', EXAMPLES);
  command.action(async (model: string, paths: readonly string[], options: PredictOptions) => {
    const top = parseNumber(options.top, '--top');
    if (!Number.isSafeInteger(top) || top < 1) {
      throw new InvalidInputError(`--top must be a whole number of at least 1, received ${options.top}`);
    }
    const explain = options.explain === true ? firstFreeFolder('explained') : options.explain;
    const view = createSearchView(terminal, (options.json || options.csv) ?? false);
    const predictions = await predictFiles(model, paths, {
      explain,
      onProgress: view.loading,
      signal: terminal.signal,
    }).finally(view.stop);
    const failures = predictions.images.filter((image) => 'error' in image);
    if (options.json) terminal.stdout.write(`${JSON.stringify(toJson(predictions, top))}\n`);
    else if (options.csv) terminal.stdout.write(toCsv(predictions, top, explain !== undefined));
    else terminal.stdout.write(toText(predictions, top, terminal));
    if (explain !== undefined && !options.json) {
      const drawn = predictions.images.length - failures.length;
      terminal.stderr.write(`${shownPath(resolve(explain))}: what the model looks at in ${counted(drawn, 'image')}\n`);
    }
    if (!options.json) for (const note of predictions.notes) terminal.stderr.write(`note: ${note}\n`);
    for (const { path, error } of failures) terminal.stderr.write(`error: cannot read the image ${path}: ${error}\n`);
    if (failures.length > 0) {
      const all = counted(predictions.images.length, 'image');
      terminal.stderr.write(`error: ${failures.length} of ${all} could not be read; mend or leave them out\n`);
    }
    done(failures.length > 0 ? EXIT.failed : EXIT.done);
  });
}

function toJson({ model, metadata, images, notes }: FilePredictions, top: number): unknown {
  return {
    model,
    genome: metadata.genome,
    notes,
    images: images.map((image) =>
      'error' in image
        ? { file: image.path, error: image.error }
        : {
            file: image.path,
            class: image.className,
            top: image.ranking.slice(0, top).map(({ className, probability }) => ({ class: className, probability })),
            ...(image.explanation !== undefined && { explanation: image.explanation }),
          },
    ),
  };
}

/** RFC 4180: a header, then one line per image. An image that could not be read has an error instead of classes. */
function toCsv({ metadata, images }: FilePredictions, top: number, isExplained: boolean): string {
  const shown = Math.min(top, metadata.classes.length);
  const places = Array.from({ length: shown }, (_, i) => (i === 0 ? '' : `_${i + 1}`));
  const rows = images.map((image) => [
    image.path,
    ...('error' in image
      ? places.flatMap(() => ['', ''])
      : image.ranking.slice(0, shown).flatMap(({ className, probability }) => [className, String(probability)])),
    ...(isExplained ? ['error' in image ? '' : (image.explanation ?? '')] : []),
    'error' in image ? image.error : '',
  ]);
  const classes = places.flatMap((place) => [`class${place}`, `probability${place}`]);
  const head = ['file', ...classes, ...(isExplained ? ['explanation'] : []), 'error'];
  return [head, ...rows].map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function toText({ images }: FilePredictions, top: number, { stdout, env }: Terminal): string {
  const colours = coloursFor(stdout, env);
  const width = images.reduce((widest, { path }) => Math.max(widest, path.length), 0);
  const line = (image: FilePrediction | UnreadableImage): string => {
    if ('error' in image) return colours.red('cannot be read');
    const [first = '', ...others] = image.ranking
      .slice(0, top)
      .map(({ className, probability }) => `${className} ${percent(probability)}`);
    return [colours.bold(first), ...others].join('  ');
  };
  return images.map((image) => `${image.path.padEnd(width)}  ${line(image)}\n`).join('');
}

const EXAMPLES = `
Examples:
  $ auto-cnn predict runs/photos-1/model.onnx cat.jpg dog.png
  $ auto-cnn predict runs/photos-1 ./new-photos --top 1 --csv > answers.csv
  $ auto-cnn predict runs/photos-1 "new-photos/**/*.jpg"
  $ auto-cnn predict runs/photos-1 cat.jpg --explain heat-maps`;
