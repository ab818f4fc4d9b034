// Decides what uneven classes change in a new run: the metric of its fitness, and the weights of classes in its loss.

import type { Dataset } from '../data/set/dataset.ts';
import { selectData } from '../evaluation/select-data.ts';
import { grouped } from '../text/figures.ts';
import type { SearchConfig } from './config/config.ts';
import { type BalanceKey, CLASS_KEYS, trainingSchema } from './config/training-schema.ts';

export interface SettledClasses {
  readonly config: SearchConfig;
  /** What the user should know about it. */
  readonly notices: readonly string[];
}

/** Classes are uneven if the largest has more than this many times the training images of the smallest. */
const UNEVEN = 3;

/**
 * With uneven classes, the fitness becomes balanced accuracy and the loss is weighted, as far as the configuration leaves
 * that open. Weights are n / (K · n of the class), to six digits, over all images that the run may train on, so that every
 * training of the run has the same.
 *
 * @throws {InvalidInputError} if the limits do not fit the data.
 */
export function settleClasses(config: SearchConfig, dataset: Dataset): SettledClasses {
  const { balance: open = [], ...undecided } = config;
  const { training, objectives, genome, seed, trainLimit, validation } = config;
  const balance = open.filter(isOfClasses);
  if (balance.length === 0) return { config, notices: [] };
  const limit = trainLimit && { trainLimit };
  const { examples, train } = selectData(dataset, { seed: `${seed}/data`, validation, purpose: 'final', ...limit });
  const counts = dataset.classes.map(() => 0);
  for (const index of train) {
    const label = examples.labels[index] ?? 0;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  const [most, fewest] = [Math.max(...counts), Math.min(...counts)];
  const isUneven = most > UNEVEN * fewest;
  const setsMetric = balance.includes('metrics') && (genome === undefined || !isUneven);
  const setsWeights = balance.includes('classWeights');
  const { classWeights: given, ...others } = training;
  const byClass = isUneven ? counts.map((count) => weightOf(count, train.length, counts.length)) : undefined;
  const classWeights = setsWeights ? byClass : given;
  const metrics: SearchConfig['training']['metrics'] = [isUneven ? 'balanced-accuracy' : 'accuracy'];
  const settled: SearchConfig = {
    ...undecided,
    // Parsed for the order of its keys, on which ids depend: a run that goes on has it from its file.
    training: trainingSchema.parse({ ...others, ...(setsMetric && { metrics }), classWeights }),
    ...(setsMetric && { objectives: [...metrics, ...objectives.slice(1)] }),
    balance: isUneven ? open : open.filter((key) => !isOfClasses(key)),
  };
  return { config: settled, notices: isUneven && (setsMetric || setsWeights) ? [describe()] : [] };

  function describe(): string {
    const named = (count: number): string => `${grouped(count)} of ${dataset.classes[counts.indexOf(count)]}`;
    const what = [
      ...(setsMetric ? ['the fitness is balanced accuracy, the mean recall of the classes'] : []),
      ...(setsWeights ? ['the loss is weighted by class'] : []),
    ];
    const cures = [...(setsMetric ? ['--metrics accuracy'] : []), ...(setsWeights ? ['--class-weights none'] : [])];
    return `The classes are uneven (training images: ${named(most)}, ${named(fewest)}), so ${what.join(', and ')}; ${cures.join(' and ')} ${cures.length > 1 ? 'do' : 'does'} without.`;
  }
}

const isOfClasses = (key: BalanceKey): boolean => CLASS_KEYS.some((own) => own === key);

/** The validation part alone may have images of a class under a small limit. */
const weightOf = (count: number, images: number, classes: number): number =>
  count === 0 ? 1 : Number((images / (classes * count)).toPrecision(6));
