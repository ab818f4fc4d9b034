// Makes the decisions that need the winner: the augmentation and the length of its final training.

import type { AdjustSteps } from '../budget/adjust-steps.ts';
import { endSeconds, finalEpochsWithin } from '../budget/apply-budget.ts';
import { adjustStepsWithin } from '../budget/time-guard.ts';
import type { RunSession } from '../candidates/run-session.ts';
import type { FoundNetworks } from '../candidates/search-result.ts';
import { augmentationFor } from '../winner/choose-augmentation.ts';
import type { Winner } from '../winner/choose-winner.ts';

/**
 * Makes the decisions and writes them into the configuration of the run.
 *
 * @param found  the result of the search, if there was one.
 * @returns the function that keeps the final training within a time budget; undefined if its length is given, as in the
 *   repetition of another run.
 */
export async function decideFinal(
  session: RunSession,
  winner: Winner,
  found: FoundNetworks | undefined,
  signal: AbortSignal | undefined,
): Promise<AdjustSteps | undefined> {
  if (session.config.finalTraining.augmentation === 'auto') {
    const training = found?.trainingOf(winner.genome);
    const augmentation = training && (await augmentationFor(session, training, signal));
    const { config } = session;
    await session.adopt({ ...config, finalTraining: { ...config.finalTraining, augmentation } });
  }
  const { config, run, elapsedSeconds } = session;
  const adjustSteps = adjustStepsWithin(config, elapsedSeconds, endSeconds(config, run.dataSize, winner.genome));
  if (config.undecided === undefined) {
    return run.entries.some(({ type }) => type === 'plan') ? adjustSteps : undefined;
  }
  const spent = {
    elapsedSeconds: elapsedSeconds(),
    work: found?.counts.searchWork ?? 0,
    workers: session.evaluator.concurrency,
  };
  const { undecided: _, ...decided } = config;
  const finalEpochs = finalEpochsWithin(config, run.dataSize, winner, spent);
  await session.adopt({ ...decided, finalEpochs });
  return adjustSteps;
}
