// How the population did in a generation.

import type { GenerationEvent } from './events.ts';

/** One entry a completed generation, from 0. */
export type GenerationRecord = Pick<GenerationEvent, 'generation' | 'population' | 'best'>;
