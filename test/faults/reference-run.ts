// The run that meets no faults, to which the others are compared.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { writeTinyDigits } from '../support/tiny-digits.ts';
import { type FinishedRun, readFinished } from './finished-run.ts';
import { type RunPlace, RunProcess } from './run-process.ts';

/** A place for the same short search, below a folder that {@link trainReference} has prepared. */
export function placeIn(folder: string, name: string, finalEpochs = 3): RunPlace {
  const size = ['--population', '3', '--generations', '2', '--epochs', '2', '--workers', '2'];
  const space = ['--channels', '4,8', '--max-depth', '2', '--seed', '7'];
  const search = [join(folder, 'digits'), ...size, ...space, '--final-epochs', String(finalEpochs)];
  return { folder: join(folder, name), search, cacheDir: join(folder, 'cache') };
}

/** Writes the data into the folder, and runs the search to its end in `reference`. */
export async function trainReference(
  folder: string,
  finalEpochs?: number,
): Promise<{ reference: FinishedRun; referenceMs: number }> {
  mkdirSync(join(folder, 'cache'));
  await writeTinyDigits(join(folder, 'digits'));
  const place = placeIn(folder, 'reference', finalEpochs);
  const began = performance.now();
  const run = RunProcess.start(place);
  await run.ended;
  const referenceMs = performance.now() - began;
  expect({ exitCode: run.exitCode, output: run.output }).toMatchObject({ exitCode: 0 });
  return { reference: readFinished(place.folder), referenceMs };
}
