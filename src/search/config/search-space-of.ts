// Derives the search space from a configuration.

import type { SearchSpace } from '../../genome/search-space.ts';
import type { SearchConfig } from './config.ts';
import { viewsOf } from './views.ts';

/** The genomes that the configuration allows. */
export function searchSpaceOf({
  searchSpace,
  training,
  views,
}: Pick<SearchConfig, 'searchSpace' | 'training' | 'views'>): SearchSpace {
  const { channels, maxDepth, maxParameters, maxFlops, maxActivationBytes, maxWork } = searchSpace;
  return {
    channels,
    maxDepth,
    ...(maxParameters !== undefined && { maxParameters }),
    ...(maxFlops !== null && { maxFlops: maxFlops / viewsOf({ views }) }),
    ...(maxActivationBytes !== undefined && { maxActivationBytes }),
    ...(maxWork !== undefined && { maxWork, training }),
  };
}
