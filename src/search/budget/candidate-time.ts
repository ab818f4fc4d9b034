// A limit on the time of a candidate, known before it is trained: on this machine it becomes a limit on its work.

import { InvalidInputError } from '../../errors.ts';
import type { BudgetKey, RunConfig } from '../config/config.ts';
import type { DataSize } from '../config/data-size.ts';
import type { MachineSpeed } from './apply-budget.ts';
import { smallestWork } from './budget-plan.ts';
import { epochWork, START_WORK } from './candidate-work.ts';

/** With the limit they are as without: the time of a candidate depends on them, and they must not depend on it in turn. */
const SIZES: readonly BudgetKey[] = ['searchLimit', 'training.epochs', 'searchSpace.maxWork'];

/**
 * Replaces `searchSpace.maxSeconds` by the `maxWork` that comes to it, so that the run is repeated exactly on any machine.
 * Images and epochs of candidates are not reduced: networks are.
 *
 * @param decide  everything that a budget decides.
 * @throws {InvalidInputError} if no network is that fast.
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
  const { searchLimit, training } = unlimited;
  const rate = await machine.measureRate(config.lowering);
  const perEpoch = epochWork(unlimited, data, 1);
  const imagesSeen = training.epochs * (perEpoch.training + perEpoch.scoring);
  const maxWork = Math.floor((maxSeconds * rate - START_WORK) / imagesSeen);
  const least = smallestWork(unlimited, false, data.problem);
  if (maxWork < least) {
    const needed = ((START_WORK + least * imagesSeen) / rate).toPrecision(2);
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
    training: { ...config.training, epochs: training.epochs },
    searchSpace: { ...space, maxWork },
    ...(undecided && { undecided: undecided.filter((key) => !SIZES.includes(key)) }),
  });
}
