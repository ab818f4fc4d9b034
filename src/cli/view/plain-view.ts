// The view in a pipe or a log file: a line for each thing that is done.

import { trainingsOf } from '../../internal.ts';
import type { Terminal } from '../terminal.ts';
import { counted, duration, grouped, percent, shownGenome } from './format.ts';
import { describeFinal, describeFront, describeGeneration, describeStart, generationOf } from './lines.ts';
import { finalEpochs, type RunEvent, type RunState, updateRunState } from './run-state.ts';
import type { SearchView } from './search-view.ts';

export function createPlainView({ stdout }: Terminal): SearchView {
  let state: RunState | undefined;
  return {
    loading() {},
    show(event) {
      state = updateRunState(state, event, Date.now());
      for (const line of state === undefined ? [] : describeEvent(event, state)) stdout.write(`${line}\n`);
    },
    stop() {},
  };
}

/** @param state  after the event. */
export function describeEvent({ type, event }: RunEvent, { start, known, total, finals }: RunState): string[] {
  switch (type) {
    case 'start':
      return describeStart(event);
    case 'generationStart':
      // Steady-state asks for a few genomes at a time; their results are enough to print.
      return event.pending === 0 || start.config.strategy === 'steady-state'
        ? []
        : [
            `${generationOf(event.generation, start.config.generations)}: ${counted(event.pending, 'network')} to train`,
          ];
    case 'evaluation': {
      const { genome, fitness, failure, parameters, seconds } = event;
      const outcome = failure === undefined ? percent(fitness) : `failed (${failure.reason}: ${failure.message})`;
      return [
        `[${start.config.generations === null ? known.size : `${known.size}/${total}`}] ${outcome}  ${shownGenome(genome)}  ${grouped(parameters)} parameters  ${duration(seconds)}`,
      ];
    }
    case 'generation':
      return [describeGeneration(event)];
    case 'frontStart':
      return [describeFront(event)];
    case 'finalStart':
      return [
        `${describeFinal(start.config, event.genome, event.repeat)}, ${counted(start.config.finalEpochs, 'epoch')}`,
      ];
    case 'finalProgress': {
      const { epoch } = event.progress;
      if (epoch === undefined) return [];
      const { repeat } = finals.find(({ id }) => id === event.id) ?? {};
      const { total: epochs } = finalEpochs(start, { startedAt: 0, ...event.progress });
      const count = trainingsOf(start.config);
      const which = count === 1 ? '' : `[training ${repeat}/${count}] `;
      return [
        `${which}Epoch ${epoch.epoch}/${epochs}: loss ${epoch.loss.toFixed(4)}, accuracy ${percent(epoch.accuracy)}`,
      ];
    }
    case 'notice':
      return [`note: ${event}`];
    default:
      return [];
  }
}
