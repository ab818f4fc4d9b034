// What is left open until the winner is known: the augmentation of its final training, and how long that is.

import type { AdjustSteps } from '../budget/adjust-steps.ts';
import { endSeconds, finalEpochsWithin } from '../budget/apply-budget.ts';
import { adjustStepsWithin } from '../budget/time-guard.ts';
import type { RunSession } from '../candidates/run-session.ts';
import type { FoundNetworks } from '../candidates/search-result.ts';
import { augmentationFor } from '../winner/choose-augmentation.ts';
import type { Winner } from '../winner/choose-winner.ts';

/**
 * Decides, and writes the decisions into the configuration of the run.
 *
 * @param found  by the search, if there was one.
 * @returns how the final training keeps to a budget of time; undefined if its length is given, as it is to a repetition
 *   of another run.
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
