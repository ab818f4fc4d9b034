// Chooses the trained networks that become the model.

import { EvaluationError } from '../../errors.ts';
import { genomeId } from '../../genome/text.ts';
import type { SearchConfig } from '../config/config.ts';
import { membersOf } from '../config/views.ts';
import type { EvaluationEntry, FinalEntry } from '../records/journal-entry.ts';
import type { OpenRun } from '../records/open-run.ts';
import { bestRepeat } from '../records/repeats.ts';
import type { Winner } from '../winner/choose-winner.ts';

/** At least one training of one genome. */
export type ChosenTrainings = readonly [EvaluationEntry | FinalEntry, ...(EvaluationEntry | FinalEntry)[]];

/**
 * The best of the final trainings, or all members of an ensemble; the network from the search if all of them failed.
 *
 * @param tried  all final trainings, including failed ones.
 * @throws {EvaluationError} if no network has weights.
 */
export async function chooseWeights(
  { genome, evaluation }: Winner,
  tried: readonly FinalEntry[],
  run: Pick<OpenRun, 'storage' | 'folder' | 'config'>,
): Promise<ChosenTrainings> {
  const trained = chooseTrained(tried, run.config);
  if (trained !== undefined) return trained;
  if (evaluation === undefined) {
    const [failed] = tried;
    throw new EvaluationError(
      'error',
      `the training of ${genomeId(genome) || 'the network without layers'} failed: ${failed?.failure?.message ?? 'unknown reason'}; train it again with other settings, such as a smaller learning rate or a longer timeout`,
      { details: { genome: failed?.genome } },
    );
  }
  const path = run.folder.checkpoint(evaluation.id);
  // A candidate that a callback stopped could not write its weights.
  if (await run.storage.has(path)) return [evaluation];
  throw new EvaluationError(
    'error',
    `the final training of the best candidate failed, and its weights from the search are missing (${path}); train ${evaluation.genome} again with other settings`,
    { details: { genome: evaluation.genome, path } },
  );
}

/** Of final trainings so far; undefined if none has weights. */
export function chooseTrained(
  tried: readonly FinalEntry[],
  config: Pick<SearchConfig, 'ensemble'>,
): ChosenTrainings | undefined {
  const trained = tried.filter(({ failure }) => failure === undefined);
  const best = bestRepeat(trained);
  if (best === undefined) return undefined;
  const [first = best, ...others] = membersOf(config) === 1 ? [best] : trained;
  return [first, ...others];
}
