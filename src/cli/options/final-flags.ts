// The flags of the training that makes the model of a run.

import { type ConfigFlag, flag } from './data-flags.ts';
import { parseAugmentation } from './network-values.ts';
import { parseNumber, parseNumberOrName } from './option-values.ts';

export const FINAL_FLAGS: readonly ConfigFlag[] = [
  flag('--final-epochs <n>', 'finalEpochs', 'epochs of the final training, at least --epochs', parseNumber),
  flag('--final-augmentation <how>', 'finalTraining.augmentation', 'auto or none', parseAugmentation),
  flag('--final-label-smoothing <x>', 'finalTraining.labelSmoothing', 'in the final training', parseNumber),
  flag(
    '--views <n>',
    'views',
    '2: also look at the mirror image; 1; auto, with a budget the default',
    parseNumberOrName,
  ),
  flag('--repeats <n>', 'repeats', 'final trainings, each with its own seed; reports mean and spread', parseNumber),
  {
    ...flag(
      '--cross-validate [folds]',
      'crossValidation',
      'also estimate the accuracy by all training images, beyond the budget: 5 folds, or as many',
      parseNumber,
    ),
    implied: 5,
  },
  flag(
    '--ensemble <n>',
    'ensemble',
    'networks whose mean is the model; each has its share of a budget; auto, with a budget the default',
    parseNumberOrName,
  ),
];
