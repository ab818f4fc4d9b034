// How much of a file may be in memory at once, so that a damaged or hostile header cannot ask for all of it.

import { constants } from 'node:buffer';
import { totalmem } from 'node:os';

/** Bytes: what one buffer can hold, at most half of the machine's memory. */
export const LARGEST_ARRAY = Math.min(constants.MAX_LENGTH, Math.floor(totalmem() / 2));
