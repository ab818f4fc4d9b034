// The command line as a function: arguments in, exit code out.

import { Command, CommanderError } from 'commander';
import { VERSION } from '../index.ts';
import { addDataCommand } from './commands/data-command.ts';
import { addDevicesCommand } from './commands/devices-command.ts';
import { addDrawCommand } from './commands/draw-command.ts';
import { addEvaluateCommand } from './commands/evaluate-command.ts';
import { addExportCommand } from './commands/export-command.ts';
import { addInspectCommand } from './commands/inspect-command.ts';
import { addPredictCommand } from './commands/predict-command.ts';
import { addQueueCommand } from './commands/queue-command.ts';
import { addReportCommand } from './commands/report-command.ts';
import { addResumeCommand } from './commands/resume-command.ts';
import { addSearchCommand } from './commands/search-command.ts';
import { addSuspectsCommand } from './commands/suspects-command.ts';
import { addTrainCommand } from './commands/train-command.ts';
import { addWorkerCommand } from './commands/worker-command.ts';
import { describeError, EXIT, exitCodeOf, isAbort } from './exit.ts';
import { withCommands } from './invocation.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs one command.
 *
 * @param args  without the interpreter and the script.
 * @returns 0 done, 1 failed, 2 wrong usage or input, 130 interrupted. Does not throw.
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.done;
  try {
    const program = createProgram(terminal, (code) => {
      exitCode = code;
    });
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    // Called without a command: the help has been printed.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage;
    if (isAbort(error)) {
      terminal.stderr.write('interrupted\n');
      return EXIT.interrupted;
    }
    const text = describeError(error, args.includes('--debug'));
    terminal.stderr.write(`${withCommands(text, terminal.command)}\n`);
    return exitCodeOf(error);
  }
}

function createProgram(terminal: Terminal, done: (exitCode: number) => void): Command {
  const { stdout, stderr, command } = terminal;
  /** Examples can be pasted. */
  const asCalled = (help: string): string => help.replaceAll('$ auto-cnn ', `$ ${command} `);
  const program = new Command('auto-cnn')
    .description('Designs convolutional networks for image classification by itself.')
    .version(VERSION, '--version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(asCalled(text)),
      writeErr: (text) => stderr.write(asCalled(text)),
      // `runProgram` prints errors.
      outputError: () => {},
      getOutHelpWidth: () => stdout.columns ?? 80,
      getErrHelpWidth: () => stderr.columns ?? 80,
    })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false });
  addSearchCommand(program, terminal, done);
  addResumeCommand(program, terminal, done);
  addTrainCommand(program, terminal, done);
  addEvaluateCommand(program, terminal, done);
  addPredictCommand(program, terminal, done);
  addExportCommand(program, terminal, done);
  addReportCommand(program, terminal, done);
  addSuspectsCommand(program, terminal, done);
  addDataCommand(program, terminal, done);
  addInspectCommand(program, terminal, done);
  addDrawCommand(program, terminal, done);
  addDevicesCommand(program, terminal, done);
  addWorkerCommand(program, terminal, done);
  addQueueCommand(program, terminal, done);
  return program;
}
