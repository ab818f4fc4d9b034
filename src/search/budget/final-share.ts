// How the final training uses the machine.

import { threadSpeedUp, usableThreads } from '../../engine/threads.ts';
import type { FinalSharing } from '../../evaluation/evaluator.ts';
import type { RunConfig, SearchConfig } from '../config/config.ts';
import { trainingsOf } from '../config/views.ts';

type Sharing = Pick<SearchConfig, 'replicas' | 'repeats' | 'ensemble'> & Pick<RunConfig, 'lowering'>;

/** Trainings and replicas that run at the same time, each in a process. */
function processesOf(config: Sharing, workers: number): number {
  const { replicas } = config;
  return Math.min(workers, replicas * Math.min(trainingsOf(config), Math.ceil(workers / replicas)));
}

/** Threads of each process of the final training. */
export function finalThreads(config: Sharing, workers: number): number {
  return usableThreads(config.lowering, workers / processesOf(config, workers));
}

/** Work per second of the final training, over that of as many separate trainings as there are workers. */
export function finalShare(config: Sharing, workers: number): number {
  return (processesOf(config, workers) * threadSpeedUp(finalThreads(config, workers))) / workers;
}

/** What a machine can do of the final training. */
export function finalSharing(configOn: (places: number) => Sharing): FinalSharing {
  return {
    threads: (places) => finalThreads(configOn(places), places),
    speedUp: (places) => places * finalShare(configOn(places), places),
  };
}
