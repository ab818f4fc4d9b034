// Makes the decisions that need the winner: the augmentation and the length of its final training.

import { estimateCost } from '../../genome/cost.ts';
import type { AdjustSteps } from '../budget/adjust-steps.ts';
import { endSeconds, finalEpochsWithin } from '../budget/apply-budget.ts';
import { candidateWork, searchImages } from '../budget/candidate-work.ts';
import { finalSharing } from '../budget/final-share.ts';
import { onRung } from '../budget/rung-sizes.ts';
import { adjustStepsWithin } from '../budget/time-guard.ts';
import { type IdentifiedTask, probeTask } from '../candidates/identified-task.ts';
import type { RunSession } from '../candidates/run-session.ts';
import type { FoundNetworks } from '../candidates/search-result.ts';
import type { RunConfig, SearchConfig } from '../config/config.ts';
import { membersFor, viewsOf } from '../config/views.ts';
import { augmentationFor, chooseByMirror, type MirrorChoice, type Mirroring } from '../winner/choose-augmentation.ts';
import type { Winner } from '../winner/choose-winner.ts';
import { scoringSeconds } from './scoring-seconds.ts';

/** With fewer images held out, no choice can be based on them. */
const LEAST_HELD_OUT = 20;
/** Few images are mostly photos. */
const UNKNOWN: Mirroring = { flips: false, mixes: true };

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
  const { views, work, ...mirroring } = await decideByMirror(session, winner, found, signal);
  const { config, run, elapsedSeconds, evaluator } = session;
  const viewed = { ...config, views };
  const sharing = finalSharing(() => config);
  const machine = await evaluator.chooseFinalMachine?.(config.lowering, sharing, signal);
  const isPlanned = run.entries.some(({ type }) => type === 'plan');
  const isTimed = config.budget !== undefined && 'seconds' in config.budget;
  const isMeasured = isTimed && (isPlanned || config.undecided !== undefined);
  const scoring = isMeasured ? await scoringSeconds(run, winner.genome, viewsOf(viewed)) : { network: 0, backbone: 0 };
  const adjustSteps = (own: SearchConfig): AdjustSteps | undefined =>
    adjustStepsWithin(config, elapsedSeconds, endSeconds(own, run.dataSize.testExamples, scoring));
  if (config.undecided === undefined) {
    if (isOpen(config)) await session.adopt(withAugmentation(viewed, mirroring, session));
    return isPlanned ? adjustSteps(viewed) : undefined;
  }
  const spent = {
    elapsedSeconds: elapsedSeconds(),
    work: (found?.counts.searchWork ?? 0) + work,
    workers: machine?.workers ?? evaluator.finalConcurrency ?? evaluator.concurrency,
    rate: machine?.rate,
    scoring,
  };
  const epochsOf = (ensemble: SearchConfig['ensemble']): number =>
    finalEpochsWithin({ ...viewed, ensemble }, run.dataSize, winner, spent);
  // All decisions are written at once: an interruption in between would lose the work of the first.
  const { undecided: _, ...decided } = viewed;
  const members = withMembers(decided, epochsOf, session);
  await session.adopt(withAugmentation(members, mirroring, session));
  return adjustSteps(members);
}

/** Chooses the number of networks if it is open, and how long each trains. */
function withMembers(
  config: RunConfig,
  epochsOf: (ensemble: SearchConfig['ensemble']) => number,
  { events }: RunSession,
): RunConfig {
  const alone = epochsOf(config.ensemble);
  if (config.ensemble !== 'auto') return { ...config, finalEpochs: alone };
  const ensemble = membersFor(epochsOf);
  if (ensemble === 1) return { ...config, ensemble, finalEpochs: alone };
  const finalEpochs = epochsOf(ensemble);
  events.emit(
    'notice',
    `The model is the mean of ${ensemble} networks, each trained for ${finalEpochs} epochs instead of one for ${alone}: with few images that is more accurate, at ${ensemble} times the size and the time for an image. --ensemble 1 trains one.`,
  );
  return { ...config, ensemble, finalEpochs };
}

/** Chooses the augmentation if it is open, and tells the user if it is a strong one. */
function withAugmentation(config: RunConfig, mirroring: Mirroring, { run, events }: RunSession): RunConfig {
  const { finalTraining, finalEpochs } = config;
  if (finalTraining.augmentation !== 'auto') return config;
  const augmentation = augmentationFor(run.dataset.shape, mirroring, finalEpochs);
  if (augmentation.brightness !== undefined) {
    const mixes = augmentation.cutmix === undefined ? '' : ', and half of the images get a part of another';
    events.emit(
      'notice',
      `the final training sees each image ${Math.round(finalEpochs)} times; so that it does not learn images by heart, brightness and contrast vary${mixes}`,
    );
  }
  return { ...config, finalTraining: { ...finalTraining, augmentation } };
}

interface MirrorDecision extends MirrorChoice {
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
  if (!isOpen(config)) return { ...UNKNOWN, views: viewsOf(config), work: 0 };
  const probe = found === undefined ? probeOf(session) : undefined;
  const training = probe ?? found?.trainingOf(winner.genome);
  const chosen = training && (await chooseByMirror(session, training, signal));
  return {
    ...(chosen ?? UNKNOWN),
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
