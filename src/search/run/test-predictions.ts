// Reads `test-predictions.json`.

import { existsSync } from 'node:fs';
import type { RunFolder } from '../records/run-folder.ts';
import type { TestPredictions } from '../records/test-predictions.ts';
import { readJson } from './run-folder.ts';

/**
 * Undefined if the run is not finished, or if an old version wrote it without predictions.
 *
 * @throws {InvalidInputError} if the file is not valid JSON.
 */
export function readPredictions({ predictions }: RunFolder): TestPredictions | undefined {
  return existsSync(predictions) ? (readJson(predictions, 'the predictions') as TestPredictions) : undefined;
}
