// auto-cnn suspects RUN

import type { Command } from 'commander';
import { createLogUpdate } from 'log-update';
import { InterruptedError } from '../../index.ts';
import { type FoundSuspects, findSuspects, writeRanking, writeSuspectsPage } from '../../internal.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import { parseNumber } from '../options/option-values.ts';
import { isInteractive, PROCESS_START, showsUnicode, type Terminal } from '../terminal.ts';
import { bar, counted, grouped, intervalText, percent, shellWord, shownPath, toAscii } from '../view/format.ts';
import { drawReport } from './run-search.ts';

interface SuspectsOptions extends CommonOptions {
  readonly folds?: string;
  readonly budget?: string;
  readonly workers?: string;
  readonly csv?: string;
}

export function addSuspectsCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('suspects')
    .summary('find training images whose labels may be wrong')
    .description(
      'Trains the network of a run once for each part of its images, without that part, and ranks the images by what these networks say about their labels. Writes suspects.html, a page on which each can be kept, relabelled or dropped, and saved as a file for --labels. Run it again after an interruption: it goes on.',
    )
    .argument('<RUN>', 'folder of a finished run, such as runs/mnist-1')
    .option('--folds <n>', 'parts of the images (default: 5)')
    .option('--budget <amount>', 'for all trainings together, such as 5m (default: each as long as the final training)')
    .option('--workers <n>', 'child processes (default: as in the run)')
    .option('--csv <file>', 'write the ranking of all images');
  addCommonOptions(command);
  command.addHelpText('after', EXAMPLES);
  command.action(async (run: string, options: SuspectsOptions) => {
    const { json = false, budget, csv } = options;
    const folds = options.folds === undefined ? undefined : parseNumber(options.folds, '--folds');
    const workers = options.workers === undefined ? undefined : parseNumber(options.workers, '--workers');
    const view = createProgress(terminal, json);
    const { signal, stdout, stderr } = terminal;
    try {
      const found = await findSuspects(run, {
        folds,
        budget,
        workers,
        signal,
        startedAt: PROCESS_START,
        onPlan: ({ folds, epochs, images }) =>
          view.tell(
            `Training ${folds} times for ${Number(epochs.toFixed(2))} epochs, ${grouped(images)} images in turn`,
          ),
        onProgress: view.advance,
        onNotice: (notice) => view.tell(`note: ${notice}`),
      }).finally(view.stop);
      const page = await writeSuspectsPage(found);
      if (csv !== undefined) await writeRanking(csv, found.ranking, found.records);
      await drawReport(terminal, found.folder);
      stdout.write(`${(json ? [JSON.stringify({ ...found.records, page })] : describe(found, page)).join('\n')}\n`);
      done(EXIT.done);
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error;
      stderr.write(`interrupted; go on with the same command: ${terminal.command} suspects ${shellWord(run)} …\n`);
      done(EXIT.interrupted);
    }
  });
}

const SHOWN = 10;

function describe({ records }: FoundSuspects, page: string): readonly string[] {
  const { images, accuracy, wrong, nearCopies, suspects } = records;
  const first = suspects.slice(0, SHOWN).map(({ file, image, label, suggested, selfConfidence, otherConfidence }) => {
    const figures = `${percent(selfConfidence, 1)} against ${percent(otherConfidence, 1)}`;
    return `  ${file ?? image.slice(0, 12)}  ${label}, looks like ${suggested} (${figures})`;
  });
  return [
    `Images      ${grouped(images)}; networks that had not seen them agree with ${percent(accuracy)} of the labels, ${intervalText(accuracy, images)}`,
    `Suspects    ${grouped(suspects.length)}: ${counted(wrong, 'label')} likely wrong, ${counted(nearCopies, 'image')} with a near copy in another class`,
    ...first,
    ...(suspects.length > SHOWN ? [`  and ${grouped(suspects.length - SHOWN)} more`] : []),
    `Page        ${shownPath(page)}`,
  ];
}

/** A bar in a terminal, a line for each tenth in a pipe, nothing with --json. */
function createProgress(terminal: Terminal, json: boolean) {
  const { stdout, env } = terminal;
  const shown = showsUnicode({ env }) ? (text: string) => text : toAscii;
  const draw = !json && isInteractive(terminal) ? createLogUpdate(stdout as NodeJS.WriteStream) : undefined;
  let tenths = 0;
  const tell = (line: string): void => {
    if (draw !== undefined) draw.persist(shown(line));
    else if (!json) stdout.write(`${line}\n`);
  };
  return {
    tell,
    advance(share: number): void {
      if (draw !== undefined) draw(shown(`${bar(share, 24)} ${percent(share, 0)}`));
      else if (Math.floor(10 * share) > tenths) {
        tenths = Math.floor(10 * share);
        tell(`${10 * tenths} %`);
      }
    },
    stop(): void {
      draw?.clear();
      draw?.done();
    },
  };
}

const EXAMPLES = `
Examples:
  $ auto-cnn suspects runs/photos-1
  $ auto-cnn suspects runs/photos-1 --budget 5m --csv ranking.csv
  $ auto-cnn search ./photos --labels fixed.csv`;
