// Makes the decisions that need the winner: the augmentation and the length of its final training.

import { estimateCost } from '../../genome/cost.ts';
import type { Views } from '../../network/deployable-graph.ts';
import type { AdjustSteps } from '../budget/adjust-steps.ts';
import { endSeconds, finalEpochsWithin } from '../budget/apply-budget.ts';
import { candidateWork, searchImages } from '../budget/candidate-work.ts';
import { onRung } from '../budget/rung-sizes.ts';
import { adjustStepsWithin } from '../budget/time-guard.ts';
import { type IdentifiedTask, probeTask } from '../candidates/identified-task.ts';
import type { RunSession } from '../candidates/run-session.ts';
import type { FoundNetworks } from '../candidates/search-result.ts';
import type { SearchConfig } from '../config/config.ts';
import type { FinalTrainingSettings } from '../config/presets.ts';
import { membersFor, viewsOf } from '../config/views.ts';
import { chooseByMirror } from '../winner/choose-augmentation.ts';
import type { Winner } from '../winner/choose-winner.ts';

/** With fewer images held out, no choice can be based on them. */
const LEAST_HELD_OUT = 20;

/**
 * Makes the decisions and writes them into the configuration of the run.
 *
 * @param found  the result of the search, if there was one; without it, a small network is trained to choose by.
 * @returns the function that keeps the final training within a time budget; undefined if its length is given, as in the
 *   repetition of another run.
 */
export async function decideFinal(
  session: RunSession,
  winner: Winner,
  found: FoundNetworks | undefined,
  signal: AbortSignal | undefined,
): Promise<AdjustSteps | undefined> {
  const { augmentation, views, work } = await decideByMirror(session, winner, found, signal);
  const { config, run, elapsedSeconds } = session;
  const chosen = { ...config, views, finalTraining: { ...config.finalTraining, augmentation } };
  const adjustSteps = (own: SearchConfig): AdjustSteps | undefined =>
    adjustStepsWithin(config, elapsedSeconds, endSeconds(own, run.dataSize, winner.genome));
  if (config.undecided === undefined) {
    if (isOpen(config)) await session.adopt(chosen);
    return run.entries.some(({ type }) => type === 'plan') ? adjustSteps(chosen) : undefined;
  }
  const spent = {
    elapsedSeconds: elapsedSeconds(),
    work: (found?.counts.searchWork ?? 0) + work,
    workers: session.evaluator.finalConcurrency ?? session.evaluator.concurrency,
  };
  // Both decisions are written at once: an interruption in between would lose the work of the first.
  const { undecided: _, ...decided } = chosen;
  const epochsOf = (ensemble: SearchConfig['ensemble']): number =>
    finalEpochsWithin({ ...chosen, ensemble }, run.dataSize, winner, spent);
  const alone = epochsOf(config.ensemble);
  const ensemble = config.ensemble === 'auto' ? membersFor(epochsOf) : config.ensemble;
  const finalEpochs = ensemble === config.ensemble ? alone : epochsOf(ensemble);
  if (config.ensemble === 'auto' && ensemble > 1) {
    session.events.emit(
      'notice',
      `The model is the mean of ${ensemble} networks, each trained for ${finalEpochs} epochs instead of one for ${alone}: with few images that is more accurate, at ${ensemble} times the size and the time for an image. --ensemble 1 trains one.`,
    );
  }
  await session.adopt({ ...decided, ensemble, finalEpochs });
  return adjustSteps({ ...chosen, ensemble });
}

interface MirrorDecision {
  readonly augmentation: FinalTrainingSettings['augmentation'];
  readonly views: Views;
  /** What the decision took beyond the search. */
  readonly work: number;
}

async function decideByMirror(
  session: RunSession,
  winner: Winner,
  found: FoundNetworks | undefined,
  signal: AbortSignal | undefined,
): Promise<MirrorDecision> {
  const { config } = session;
  const { augmentation } = config.finalTraining;
  if (!isOpen(config)) return { augmentation, views: viewsOf(config), work: 0 };
  const probe = found === undefined ? probeOf(session) : undefined;
  const training = probe ?? found?.trainingOf(winner.genome);
  const chosen = training && (await chooseByMirror(session, training, signal));
  return {
    augmentation: augmentation === 'auto' ? chosen?.augmentation : augmentation,
    views: config.views === 'auto' ? (chosen?.views ?? 1) : config.views,
    work: probe === undefined ? 0 : workOf(probe, session),
  };
}

function isOpen({ views, finalTraining }: Pick<SearchConfig, 'views' | 'finalTraining'>): boolean {
  return views === 'auto' || finalTraining.augmentation === 'auto';
}

/** Undefined if there are too few images to choose by. */
function probeOf({ tasks, run: { config, dataSize } }: RunSession): IdentifiedTask | undefined {
  return searchImages(config, dataSize).validation < LEAST_HELD_OUT ? undefined : probeTask(tasks, dataSize);
}

function workOf({ genome, task }: IdentifiedTask, { run: { config, dataSize } }: RunSession): number {
  const { searchLimit = null } = task.selection;
  const size = onRung(config, { searchLimit, epochs: task.training.epochs });
  return candidateWork(size, dataSize, estimateCost(genome, dataSize.problem));
}
