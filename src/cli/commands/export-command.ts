// auto-cnn export RUN

import { join } from 'node:path';
import type { Command } from 'commander';
import { type Exported, exportModel } from '../../index.ts';
import { EXPORT_FORMATS, type ExportedFile } from '../../internal.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';
import { percent, scaled, shellWord, shownPath } from '../view/format.ts';

interface ExportOptions extends CommonOptions {
  readonly format: string;
  readonly fp16?: boolean;
  readonly int8?: boolean;
  readonly out?: string;
}

export function addExportCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('export')
    .summary('write the model of a run for other programs')
    .description('Writes the model of a run for other programs: the same answers from PyTorch, Keras, a web page, …')
    .argument('<RUN>', 'the folder of a run, or a model.onnx')
    .requiredOption('--format <name>', EXPORT_FORMATS.join(', '))
    .option('--fp16', 'onnx: also with 16-bit weights')
    .option('--int8', 'onnx: also with 8-bit weights')
    .option('--out <folder>', 'to make (default: exports/FORMAT in the run folder)');
  addCommonOptions(command);
  command.addHelpText('after', EXAMPLES);
  command.action(async (run: string, { format, fp16, int8, out, json }: ExportOptions) => {
    const exported = await exportModel(run, format, {
      precisions: [...(fp16 ? (['fp16'] as const) : []), ...(int8 ? (['int8'] as const) : [])],
      ...(out !== undefined && { out }),
      signal: terminal.signal,
    });
    terminal.stdout.write(json ? `${JSON.stringify(exported)}\n` : exportText(exported, terminal.command));
    done(EXIT.done);
  });
}

function exportText({ folder, format, files, notices }: Exported, command: string): string {
  const shown = shownPath(folder);
  const width = Math.max(...files.map(({ name }) => name.length));
  const line = ({ name, sizeBytes, testAccuracy }: ExportedFile) => {
    const accuracy = testAccuracy === undefined ? '' : `   test accuracy ${percent(testAccuracy)}`;
    return `  ${name.padEnd(width)}   ${scaled(sizeBytes, 'B').padStart(8)}${accuracy}`;
  };
  const use = howToUse(format, shown, command);
  const lines = [shown, ...files.map(line), ...notices.map((notice) => `note: ${notice}`)];
  return `${[...lines, ...(use === undefined ? [] : ['', `Try it: ${use}`])].join('\n')}\n`;
}

function howToUse(format: Exported['format'], folder: string, command: string): string | undefined {
  switch (format) {
    case 'pytorch':
    case 'keras':
      return `python3 ${shellWord(join(folder, 'predict.py'))} IMAGE`;
    case 'javascript':
      return `cd ${shellWord(folder)} && ONNXRUNTIME_NODE_INSTALL=skip npm install && npm start`;
    case 'onnx':
      return `${command} predict ${shellWord(join(folder, 'model.onnx'))} IMAGE`;
    case 'safetensors':
      return undefined;
  }
}

const EXAMPLES = `
Examples:
  $ auto-cnn export runs/photos-1 --format pytorch
  $ auto-cnn export runs/photos-1 --format onnx --fp16 --int8
  $ auto-cnn export runs/photos-1 --format javascript --out site`;
