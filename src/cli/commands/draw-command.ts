// auto-cnn draw GENOME

import type { Command } from 'commander';
import { formatGenome, parseGenome } from '../../index.ts';
import { drawArchitecture, writeDrawing } from '../../internal.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import { addNetworkOptions, type NetworkOptions, networkInputFrom } from '../options/network-options.ts';
import type { Terminal } from '../terminal.ts';
import { shownPath } from '../view/format.ts';

interface DrawOptions extends CommonOptions, NetworkOptions {
  readonly out?: string;
}

export function addDrawCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('draw')
    .summary('draw the network of a genome')
    .description('Draws the network of a genome, layer by layer, as SVG or PNG.')
    .argument('<GENOME>', 'such as 32-64-max-128-128; the empty text is the network without layers');
  addNetworkOptions(command);
  command.option('--out <file>', 'write to this .svg or .png file (default: SVG to the standard output)');
  addCommonOptions(command);
  command.addHelpText('after', EXAMPLES);
  command.action(async (text: string, { out, json, ...options }: DrawOptions) => {
    const genome = parseGenome(text);
    const svg = drawArchitecture(genome, networkInputFrom(options));
    if (out !== undefined) await writeDrawing(svg, out);
    const { stdout } = terminal;
    if (json) stdout.write(`${JSON.stringify({ genome: formatGenome(genome), ...(out ? { out } : { svg }) })}\n`);
    else stdout.write(out === undefined ? svg : `Drawing  ${shownPath(out)}\n`);
    done(EXIT.done);
  });
}

const EXAMPLES = `
Examples:
  $ auto-cnn draw 32-32-max-64-64 --input 28x28x1 --out network.svg
  $ auto-cnn draw 16-16-max-32-32 --input 32x32x3 --head gap --out network.png`;
