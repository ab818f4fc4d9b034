// How much memory may be asked for: data sets share it with everything else on the machine.

import { constants } from 'node:buffer';
import { totalmem } from 'node:os';

/** Bytes: that of the machine, or the limit of the control group (of a container, say) if that is lower. */
const MEMORY = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);

/**
 * Bytes: what one buffer can hold, at most half of the memory. So a damaged or hostile header cannot ask for all of it.
 */
export const LARGEST_ARRAY = Math.min(constants.MAX_LENGTH, Math.floor(MEMORY / 2));

/**
 * Bytes of pixels that a process may hold; a larger data set stays in its file. A 16th of the memory is for the main
 * process, another 16th for its children together.
 *
 * @param holders  processes that share the part: 1 for the main process, the number of children for a child.
 * @param memory   bytes.
 */
export function heldPixels(holders = 1, memory = MEMORY): number {
  return Math.min(LARGEST_ARRAY, Math.floor(memory / 16 / holders));
}

/** Bytes that each of so many children may hold if they run what is not ours: half of the memory together, at least 1 GiB. */
export function childMemory(children: number): number {
  return Math.max(2 ** 30, Math.floor(MEMORY / 2 / children));
}
