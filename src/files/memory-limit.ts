// How much of a file may be in memory at once.

import { constants } from 'node:buffer';
import { totalmem } from 'node:os';

const MEMORY = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);

/**
 * Bytes: what one buffer can hold, at most half of the machine's memory. So a damaged or hostile header cannot ask for
 * all of it.
 */
export const LARGEST_ARRAY = Math.min(constants.MAX_LENGTH, Math.floor(MEMORY / 2));

/** Bytes of pixels that a process holds; larger data sets stay in their file. Several processes hold the same data. */
export const HELD_PIXELS = Math.min(2 ** 30, Math.floor(MEMORY / 32));
