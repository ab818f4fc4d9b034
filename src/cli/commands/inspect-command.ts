// auto-cnn inspect GENOME

import type { Command } from 'commander';
import { estimateCost, formatGenome, type NetworkInput, parseGenome, requireValidGenome } from '../../index.ts';
import {
  createNetwork,
  loadRuntime,
  madeUpNormalisation,
  measureInference,
  measureTrainingStep,
  type Timing,
} from '../../internal.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import { addNetworkOptions, type NetworkOptions, networkInputFrom, parseWhole } from '../options/network-options.ts';
import { parseNumbers } from '../options/option-values.ts';
import { coloursFor, type Terminal } from '../terminal.ts';
import { describeNetwork } from '../view/layer-table.ts';

interface InspectOptions extends CommonOptions, NetworkOptions {
  readonly batch: string;
  readonly channels?: string;
  readonly measure?: boolean;
}

export interface Measured {
  readonly trainingStep: Timing;
  readonly inference: Omit<Timing, 'threads'>;
}

export function addInspectCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('inspect')
    .summary('show the layers of a genome, its size and its speed')
    .description('Shows the network of a genome layer by layer: output shapes, parameters, FLOPs, memory.')
    .argument('<GENOME>', 'such as 32-64-max-128-128; the empty text is the network without layers');
  addNetworkOptions(command);
  command
    .option('--channels <list>', 'filter counts that the genome may have, such as 8,16,32')
    .option('--measure', 'time a training step and an inference on this machine')
    .option('--batch <n>', 'images in the timed training step', '64');
  addCommonOptions(command);
  command.addHelpText('after', EXAMPLES);
  command.action(async (text: string, options: InspectOptions) => {
    const genome = parseGenome(text);
    const problem = networkInputFrom(options);
    const batch = parseWhole(options.batch, '--batch', 1);
    if (options.channels !== undefined) {
      const channels = parseNumbers(options.channels, '--channels');
      requireValidGenome(genome, { channels, maxDepth: Math.max(1, genome.length) }, problem);
    }
    const cost = estimateCost(genome, problem);
    const measured = options.measure ? await measure(text, problem, batch, terminal) : undefined;
    const name = formatGenome(genome);
    if (options.json) {
      terminal.stdout.write(`${JSON.stringify({ genome: name, input: problem.input, ...cost, ...measured })}\n`);
    } else {
      const colours = coloursFor(terminal.stdout, terminal.env);
      const lines = describeNetwork(name, problem.input, cost, measured, colours);
      terminal.stdout.write(`${lines.join('\n')}\n`);
    }
    done(EXIT.done);
  });
}

async function measure(genome: string, problem: NetworkInput, batch: number, { stderr }: Terminal): Promise<Measured> {
  const network = createNetwork(parseGenome(genome), problem, madeUpNormalisation(problem));
  const runtime = await loadRuntime();
  if (runtime.notice !== undefined) stderr.write(`note: ${runtime.notice}\n`);
  const trainingStep = await measureTrainingStep(runtime, network, { batch });
  const { batch: one, ms } = await measureInference(runtime, network, { batch: 1 });
  return { trainingStep, inference: { batch: one, ms } };
}

const EXAMPLES = `
Examples:
  $ auto-cnn inspect 128-64 --input 28x28x1 --measure
  $ auto-cnn inspect 32-64-0.2-64-128 --input 32x32x3 --classes 100 --json`;
