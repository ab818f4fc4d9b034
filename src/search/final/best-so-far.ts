// The result of an interrupted run: the best network that it has trained so far.

import { type EvaluationError, InterruptedError } from '../../errors.ts';
import type { EvaluationEntry, FinalEntry, JournalEntry } from '../records/journal-entry.ts';
import type { OpenRun } from '../records/open-run.ts';
import { chooseTrained } from './choose-weights.ts';
import { writeModel } from './finish-run.ts';

export class BestSoFar {
  readonly #candidates: EvaluationEntry[] = [];
  readonly #finals: FinalEntry[] = [];

  constructor(entries: readonly JournalEntry[]) {
    for (const entry of entries) if (entry.type === 'evaluation' || entry.type === 'final') this.add(entry);
  }

  add(entry: EvaluationEntry | FinalEntry): void {
    if (entry.failure !== undefined) return;
    if (entry.type === 'final') this.#finals.push(entry);
    else this.#candidates.push(entry);
  }

  /** Writes `model.onnx` from the best final training or the members so far, else from the fittest candidate with weights. */
  async interrupted(run: OpenRun, cause: EvaluationError): Promise<InterruptedError> {
    const finals = chooseTrained(await withWeights(this.#finals, run), run.config);
    const candidate = (await withWeights(this.#candidates, run)).reduce<EvaluationEntry | undefined>(
      (best, entry) => (best === undefined || entry.fitness > best.fitness ? entry : best),
      undefined,
    );
    const [chosen = candidate] = finals ?? [];
    if (chosen !== undefined) await writeModel(run, finals ?? [chosen]);
    const best = chosen && { genome: chosen.genome, ...(chosen === candidate && { fitness: candidate.fitness }) };
    const { path } = run.folder;
    return new InterruptedError(`the search in ${path} was interrupted; no finished work is lost`, {
      cause,
      details: { path, ...(best && { best }) },
    });
  }
}

async function withWeights<Entry extends { readonly id: string }>(
  entries: readonly Entry[],
  { storage, folder }: OpenRun,
): Promise<readonly Entry[]> {
  const isThere = await Promise.all(entries.map(({ id }) => storage.has(folder.checkpoint(id))));
  return entries.filter((_, index) => isThere[index]);
}
