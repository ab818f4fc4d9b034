// auto-cnn report RUN

import type { Command } from 'commander';
import { writeReport } from '../../index.ts';
import { REPORT_FORMATS } from '../../internal.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';
import { shownPath } from '../view/format.ts';

interface ReportOptions extends CommonOptions {
  readonly format: string;
  readonly out?: string;
}

export function addReportCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('report')
    .summary('draw what happened in a run')
    .description('Draws what happened in a run, be it done, going on or stopped: one page, or a file for each drawing.')
    .argument('<RUN>', 'run folder, such as runs/mnist-1')
    .option('--format <name>', REPORT_FORMATS.join(', '), 'html')
    .option('--out <folder>', 'where the files go (default: the run folder; svg and png: pictures/ in it)');
  addCommonOptions(command);
  command.addHelpText('after', EXAMPLES);
  command.action(async (run: string, { format, out, json }: ReportOptions) => {
    const report = await writeReport(run, { format, ...(out !== undefined && { out }) });
    const lines = [
      ...report.files.map((path) => shownPath(path)),
      ...report.notices.map((notice) => `note: ${notice}`),
    ];
    terminal.stdout.write(json ? `${JSON.stringify(report)}\n` : `${lines.join('\n')}\n`);
    done(EXIT.done);
  });
}

const EXAMPLES = `
Examples:
  $ auto-cnn report runs/photos-1
  $ auto-cnn report runs/photos-1 --format png --out pictures`;
