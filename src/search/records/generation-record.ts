// The results of a generation.

import type { GenerationEvent } from './events.ts';

/** One entry per completed generation, starting at 0. */
export type GenerationRecord = Pick<GenerationEvent, 'generation' | 'population' | 'best'>;
