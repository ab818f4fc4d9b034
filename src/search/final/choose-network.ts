// Which of the trained networks becomes the model.

import { existsSync } from 'node:fs';
import { EvaluationError } from '../../errors.ts';
import type { EvaluationEntry, FinalEntry } from '../records/journal-entry.ts';
import { chooseRepeat } from '../records/repeats.ts';
import type { TrainedWinner } from '../winner/choose-winner.ts';

/**
 * The best of the final trainings; if none came to an end, the network of the search.
 *
 * @param tried       the final trainings, those that failed too.
 * @param checkpoint  path of the weights that a training of this id has left.
 * @throws {EvaluationError} if there is no network with weights.
 */
export function chooseNetwork(
  { genome, evaluation }: TrainedWinner,
  tried: readonly FinalEntry[],
  checkpoint: (id: string) => string,
): EvaluationEntry | FinalEntry {
  const chosen = chooseRepeat(tried.filter(({ failure }) => failure === undefined)) ?? evaluation;
  if (chosen === undefined) {
    const [failed] = tried;
    throw new EvaluationError(
      'error',
      `the training of ${genome || 'the network without layers'} failed: ${failed?.failure?.message ?? 'no reason is known'}; train it anew with other settings, such as a smaller learning rate or a longer time-out`,
      { details: { genome } },
    );
  }
  if (chosen === evaluation) requireWeights(evaluation, checkpoint(evaluation.id));
  return chosen;
}

/** A candidate that a callback stopped was not there to write them. */
function requireWeights({ genome }: EvaluationEntry, path: string): void {
  if (existsSync(path)) return;
  throw new EvaluationError(
    'error',
    `the final training of the best candidate failed, and there are no weights of it from the search (${path}); train ${genome} anew with other settings`,
    { details: { genome, path } },
  );
}
