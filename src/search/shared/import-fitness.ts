// Imports fitness values from a `fitness.json` of the Python package, `{"128-64": 0.98}`. They are assumed to belong to
// this configuration.

import { z } from 'zod';
import { InvalidInputError } from '../../errors.ts';
import { estimateCost, type NetworkInput } from '../../genome/cost.ts';
import { genomeId, parseGenome } from '../../genome/text.ts';
import { taskSettingsOf, tasksByRung } from '../candidates/identified-task.ts';
import type { EvaluationEntry } from '../records/journal-entry.ts';
import type { OpenRun } from '../records/open-run.ts';
import { readJson } from '../run/run-folder.ts';

export type ImportedFitness = ReadonlyMap<string, number>;

const fitnessSchema = z.record(z.string(), z.unknown());

/**
 * Reads the file; keys become canonical genomes.
 *
 * @throws {InvalidInputError} naming the entry that is not a genome, not a fitness in 0..1, or a duplicate.
 */
export function readFitnessFile(path: string): ImportedFitness {
  const parsed = fitnessSchema.safeParse(readJson(path, 'the fitness file'));
  if (!parsed.success) {
    throw new InvalidInputError(`${path} must be an object of genomes and their fitness, as in {"128-64": 0.98}`, {
      details: { path },
    });
  }
  const imported = new Map<string, number>();
  for (const [key, value] of Object.entries(parsed.data)) {
    const entry = `${path}: the entry ${JSON.stringify(key)}`;
    const genome = canonical(key, entry);
    if (typeof value !== 'number' || value < 0 || value > 1) {
      throw new InvalidInputError(`${entry} must have a fitness from 0 to 1, received ${JSON.stringify(value)}`, {
        details: { path, genome: key, received: value },
      });
    }
    if (imported.has(genome)) {
      throw new InvalidInputError(`${entry} is a duplicate: ${genome} already has a fitness; delete one of them`, {
        details: { path, genome },
      });
    }
    imported.set(genome, value);
  }
  return imported;
}

/**
 * Rejects genomes that need larger images than the data has.
 *
 * @throws {InvalidInputError} naming the entry.
 */
export function checkImported(path: string, imported: ImportedFitness, problem: NetworkInput): void {
  for (const genome of imported.keys()) {
    try {
      estimateCost(parseGenome(genome), problem);
    } catch (cause) {
      throw new InvalidInputError(
        `${path}: the entry ${JSON.stringify(genome)} does not fit this data: ${(cause as Error).message}`,
        { details: { path, genome }, cause },
      );
    }
  }
}

/**
 * Writes the values to a run's journal as evaluations without a history, so that a resumed run has them, too.
 *
 * @param imported  values checked with {@link checkImported}.
 * @throws {JournalError} if the journal cannot be written.
 */
export function importFitness(run: OpenRun, imported: ImportedFitness): OpenRun {
  const { problem, dataSize } = run;
  const settings = taskSettingsOf(run);
  const entries = [...imported].flatMap(([name, fitness]) => {
    const genome = parseGenome(name);
    const { parameters, flops } = estimateCost(genome, problem);
    const outcome = { fitness, history: [], bestEpoch: 0, imported: true as const };
    return tasksByRung(genome, settings, dataSize).map(
      ({ id }): EvaluationEntry => ({
        type: 'evaluation',
        id,
        genome: name,
        ...outcome,
        parameters,
        flops,
        seconds: 0,
        elapsedSeconds: 0,
      }),
    );
  });
  for (const entry of entries) run.journal.append(entry);
  return { ...run, entries: [...run.entries, ...entries] };
}

function canonical(text: string, entry: string): string {
  try {
    return genomeId(parseGenome(text));
  } catch (cause) {
    throw new InvalidInputError(`${entry} is not a genome: ${(cause as Error).message}`, { cause });
  }
}
