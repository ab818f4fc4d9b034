// Which of the trained networks becomes the model.

import { EvaluationError } from '../../errors.ts';
import { genomeId } from '../../genome/text.ts';
import type { EvaluationEntry, FinalEntry } from '../records/journal-entry.ts';
import type { OpenRun } from '../records/open-run.ts';
import { bestRepeat } from '../records/repeats.ts';
import type { Winner } from '../winner/choose-winner.ts';

/**
 * The best of the final trainings; if none came to an end, the network of the search.
 *
 * @param tried  the final trainings, those that failed too.
 * @throws {EvaluationError} if there is no network with weights.
 */
export async function chooseWeights(
  { genome, evaluation }: Winner,
  tried: readonly FinalEntry[],
  run: Pick<OpenRun, 'storage' | 'folder'>,
): Promise<EvaluationEntry | FinalEntry> {
  const trained = bestRepeat(tried.filter(({ failure }) => failure === undefined));
  if (trained !== undefined) return trained;
  if (evaluation === undefined) {
    const [failed] = tried;
    throw new EvaluationError(
      'error',
      `the training of ${genomeId(genome) || 'the network without layers'} failed: ${failed?.failure?.message ?? 'no reason is known'}; train it again with other settings, such as a smaller learning rate or a longer time-out`,
      { details: { genome: failed?.genome } },
    );
  }
  const path = run.folder.checkpoint(evaluation.id);
  // A candidate that a callback stopped was not there to write them.
  if (await run.storage.has(path)) return evaluation;
  throw new EvaluationError(
    'error',
    `the final training of the best candidate failed, and there are no weights of it from the search (${path}); train ${evaluation.genome} again with other settings`,
    { details: { genome: evaluation.genome, path } },
  );
}
