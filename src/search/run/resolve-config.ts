// Configurations on this machine.

import { availableParallelism } from 'node:os';
import { type ConfigSource, resolveConfigFor, type SearchConfig } from '../config/config.ts';

/**
 * Checks a configuration as a whole and fills in what its preset says, then the defaults: as many workers as there are cores.
 *
 * @param source  where the configuration comes from, for messages: a file, say.
 * @throws {InvalidInputError} naming the first wrong key by its path, the constraint and what was received; `details.issues`
 *   holds all of them.
 */
export function resolveConfig(input: unknown, source: ConfigSource): SearchConfig {
  return resolveConfigFor(availableParallelism(), input, source);
}
