// Lines that both views print.

import type { GenerationEvent, StartEvent } from '../../index.ts';
import { type FrontStartEvent, formatBudget, formatImageShape, splitsOf, trainingsOf } from '../../internal.ts';
import { counted, countedParts, percent, shownGenome, shownPath } from './format.ts';

export function describeStart({ folder, config, dataset, journalled, notices }: StartEvent): string[] {
  const { name, shape, classes } = dataset;
  const resumed = journalled > 0 ? `, ${counted(journalled, 'evaluation')} done before` : '';
  return [
    `Data  ${name}: ${countedParts(dataset)}, ${formatImageShape(shape)}, ${classes.length} classes`,
    `Run   ${shownPath(folder)} (seed ${config.seed}, ${counted(config.workers, 'worker')}${resumed})`,
    ...(config.budget === undefined ? [] : [`Budget  ${describeBudget(config, dataset)}`]),
    ...notices.map((notice) => `note: ${notice}`),
  ];
}

/** What the budget became: how much the candidates train. */
function describeBudget(config: StartEvent['config'], { trainExamples }: StartEvent['dataset']): string {
  const { budget, searchLimit, training, genome, trainLimit } = config;
  const text = budget === undefined ? '' : formatBudget(budget);
  if (genome !== undefined) return text;
  const images = searchLimit === null ? (trainLimit ?? trainExamples) : searchLimit;
  const who = config.equalCompute ? 'the typical candidate trains' : 'candidates train';
  const splits = splitsOf(config);
  const times = splits === 1 ? '' : `${splits} times `;
  return `${text}: ${who} ${times}${counted(training.epochs, 'epoch')} of ${counted(images, 'image')}`;
}

/** `Final training of 8-8`, with its number where there are several. */
export function describeFinal(config: StartEvent['config'], trained: string, repeat: number): string {
  const name = config.genome === undefined ? 'Final training' : 'Training';
  const count = trainingsOf(config);
  return `${name}${count === 1 ? '' : ` ${repeat} of ${count}`} of ${shownGenome(trained)}`;
}

export function describeFront({ genomes, epochs }: FrontStartEvent): string {
  const [least, most] = [Math.min(...epochs), Math.max(...epochs)];
  const length = least === most ? counted(least, 'epoch') : `${least} to ${most} epochs`;
  return `Front  ${counted(genomes.length, 'network')} to train on all training images, ${length} each`;
}

export function describeGeneration({ generation, generations, population, best }: GenerationEvent): string {
  const mean = population.reduce((sum, { fitness }) => sum + fitness, 0) / Math.max(1, population.length);
  return `${generationOf(generation, generations)}  best ${percent(best.fitness)}  mean ${percent(mean)}  ${shownGenome(best.genome)}`;
}

/** `Generation 2/5`, or `Generation 2` where a budget ends the search. */
export function generationOf(generation: number, generations: number | null): string {
  return `Generation ${generation}${generations === null ? '' : `/${generations}`}`;
}
