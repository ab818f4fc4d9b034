// The options that describe a network apart from its genome, where there is no run to take them from.

import type { Command } from 'commander';
import { InvalidInputError, type NetworkInput } from '../../index.ts';
import { configFrom, NETWORK_FLAGS, optionOf, readFlags } from './config-flags.ts';
import { parseInput, parseNumber } from './option-values.ts';

export interface NetworkOptions {
  readonly input: string;
  readonly classes: string;
}

export function addNetworkOptions(command: Command): void {
  command
    .requiredOption('--input <HxWxC>', 'image shape, such as 28x28x1')
    .option('--classes <n>', 'number of classes', '10');
  for (const flag of NETWORK_FLAGS) command.addOption(optionOf(flag));
}

/** @throws {InvalidInputError} naming the flag. */
export function networkInputFrom(options: NetworkOptions): NetworkInput {
  // The configuration checks head and shortcut; it has to name some data for that.
  const { outputLayer, shortcut } = configFrom(undefined, 'any', readFlags({ ...options }, NETWORK_FLAGS));
  return {
    input: parseInput(options.input, '--input'),
    classes: parseWhole(options.classes, '--classes', 2),
    head: outputLayer,
    shortcut,
  };
}

export function parseWhole(text: string, flag: string, minimum: number): number {
  const value = parseNumber(text, flag);
  if (Number.isSafeInteger(value) && value >= minimum) return value;
  throw new InvalidInputError(`${flag} must be a whole number of at least ${minimum}, received ${text}`);
}
