// From a configuration to its search space.

import type { SearchSpace } from '../../genome/search-space.ts';
import type { SearchConfig } from './config.ts';

/** Which genomes the configuration allows. */
export function searchSpaceOf({ searchSpace }: Pick<SearchConfig, 'searchSpace'>): SearchSpace {
  const { channels, maxDepth, maxParameters, maxFlops, maxActivationBytes, maxWork } = searchSpace;
  return {
    channels,
    maxDepth,
    ...(maxParameters !== undefined && { maxParameters }),
    ...(maxFlops !== null && { maxFlops }),
    ...(maxActivationBytes !== undefined && { maxActivationBytes }),
    ...(maxWork !== undefined && { maxWork }),
  };
}
