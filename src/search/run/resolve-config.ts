// Resolves configurations on this machine.

import { availableParallelism } from 'node:os';
import { type ConfigSource, resolveConfigFor, type SearchConfig } from '../config/config.ts';

/**
 * Validates a configuration as a whole, and fills in the values of its preset and then the defaults. The default number of
 * workers is the number of CPU cores.
 *
 * @param source  where the configuration comes from, for messages; for example, a file.
 * @throws {InvalidInputError} naming the path of the first wrong key, the constraint and what was received;
 *   `details.issues` holds all of them.
 */
export function resolveConfig(input: unknown, source: ConfigSource): SearchConfig {
  return resolveConfigFor(availableParallelism(), input, source);
}
