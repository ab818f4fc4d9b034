// Limits the training time of candidates in advance: on this machine, the time limit becomes a limit on work.

import { InvalidInputError } from '../../errors.ts';
import type { RunConfig } from '../config/config.ts';
import { splitsOf } from '../config/fidelity-schema.ts';
import type { DataSize } from '../config/network-input.ts';
import type { BudgetKey } from '../config/undecided-keys.ts';
import type { MachineSpeed } from './apply-budget.ts';
import { smallestWork } from './budget-plan.ts';
import { epochWork, startWork } from './candidate-work.ts';

/**
 * A candidate's time depends on these, so they must not depend on the time limit: they keep the values they have without
 * it.
 */
const SIZES: readonly BudgetKey[] = ['searchLimit', 'training.epochs', 'searchSpace.maxWork'];

/**
 * Replaces `searchSpace.maxSeconds` with the equivalent `maxWork`, so that any machine can repeat the run exactly. The
 * limit makes networks smaller; it does not reduce the images or epochs of candidates.
 *
 * @param decide  makes all decisions of a budget.
 * @throws {InvalidInputError} if no network is fast enough.
 */
export async function limitCandidateTime(
  config: RunConfig,
  data: DataSize,
  machine: MachineSpeed,
  decide: (config: RunConfig) => Promise<RunConfig>,
): Promise<RunConfig> {
  const { maxSeconds, ...space } = config.searchSpace;
  const unlimited = await decide({ ...config, searchSpace: space });
  if (maxSeconds === undefined || config.genome !== undefined) return unlimited;
  const { searchLimit, training, fitnessSplits } = unlimited;
  const splits = splitsOf(unlimited);
  const { rate } = await machine.measureSpeed(config.lowering);
  const perEpoch = epochWork(unlimited, data, 1);
  const imagesSeen = splits * training.epochs * (perEpoch.training + perEpoch.scoring);
  const start = splits * startWork(space.maxDepth);
  const maxWork = Math.floor((maxSeconds * rate - start) / imagesSeen);
  const least = smallestWork(unlimited, false, data.problem);
  if (maxWork < least) {
    const needed = ((start + least * imagesSeen) / rate).toPrecision(2);
    throw new InvalidInputError(
      `no network trains within ${maxSeconds} s (--max-candidate-time, searchSpace.maxSeconds): the smallest takes about ${Number(needed)} s on this machine; allow more, or give candidates fewer epochs or images with --epochs or --search-limit`,
      { details: { maxSeconds, needed: Number(needed) } },
    );
  }
  if (maxWork >= (unlimited.searchSpace.maxWork ?? Number.POSITIVE_INFINITY)) return unlimited;
  const { undecided } = config;
  return decide({
    ...config,
    searchLimit,
    fitnessSplits,
    training: { ...config.training, epochs: training.epochs },
    searchSpace: { ...space, maxWork },
    ...(undecided && { undecided: undecided.filter((key) => !SIZES.includes(key)) }),
  });
}
