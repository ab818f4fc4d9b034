// Applies changes to a stored configuration. A run stores values that it derives, such as the steps of its final training.
// If a change affects the source of a derived value, the value is dropped and derived again.

import { BUDGET_KEYS, SEARCH_KEYS, SEARCH_SHARE } from './undecided-keys.ts';

type Tree = Readonly<Record<string, unknown>>;
/** Changed values, by the path of the key. */
export type Changes = ReadonlyMap<string, unknown>;

/** Keys that a run derives, and the keys that each depends on. */
const DERIVED: readonly { readonly key: string; readonly from: readonly string[] }[] = [
  { key: 'typicalWork', from: ['equalCompute', 'searchSpace', 'dataset', 'outputLayer', 'shortcut', 'budget'] },
  { key: 'searchSpace.maxWork', from: ['searchSpace.maxSeconds'] },
  { key: 'lowering', from: ['device'] },
  { key: 'budget.rate', from: ['device', 'lowering', 'dataset', 'trainLimit'] },
  { key: 'budget.byteWork', from: ['device', 'lowering', 'dataset', 'trainLimit'] },
  // How strong it is depends on the passes of the training.
  {
    key: 'finalTraining.augmentation',
    from: ['training.augmentation', 'budget', 'trainLimit'],
  },
  // On other data, mirror images may mean something else.
  { key: 'finalTraining', from: ['dataset', 'backbone'] },
  // They describe the file.
  ...['sha256', 'output', 'mean', 'std', 'order', 'views'].map((key) => ({
    key: `backbone.${key}`,
    from: ['backbone.file'],
  })),
  { key: 'startFrom.genomes', from: ['startFrom.run'] },
  { key: 'startFrom.model', from: ['startFrom.run', 'dataset', 'backbone'] },
  { key: 'views', from: ['objectives', 'searchSpace.maxFlops', 'dataset', 'backbone'] },
  {
    key: 'ensemble',
    from: [
      'objectives',
      'searchSpace.maxFlops',
      'searchSpace.maxParameters',
      'repeats',
      'budget',
      'trainLimit',
      'dataset',
      'backbone',
    ],
  },
  { key: 'finalTraining.labelSmoothing', from: ['training.loss'] },
  { key: 'pick', from: ['objectives'] },
];

/** The actual steps of the final training, which replace its epochs. */
const STEPS_FOLLOW = [
  'finalEpochs',
  'training.batchSize',
  'training.schedule',
  'trainLimit',
  'dataset',
  'backbone',
  'budget',
  'ensemble',
];
/** The keys that the plan of a budget depends on. */
const PLAN_FOLLOWS = ['budget', 'dataset', 'backbone', 'trainLimit'];
/** What scores candidates. */
const SCORING = ['validation', 'fitnessOn', 'inheritWeights', 'earlyStopCandidates'];
/** What a budget decides for the training of a genome. */
const LENGTH_KEYS = ['finalEpochs', 'replicas'] as const;

/**
 * Applies changes to a stored configuration and removes outdated derived values. Values written by hand are kept, except
 * `finalSteps` if a change replaces it.
 *
 * @param stored   content of `config.json`, or a resolved configuration.
 * @param changes  changed keys; a key of `dataset` means other data.
 * @returns the changed configuration, which still has to be validated.
 */
export function withoutStale<Stored extends object>(stored: Stored, changes: Changes): Stored {
  let kept: Tree = Object.fromEntries(Object.entries(stored));
  const changed = (keys: readonly string[]): boolean => [...changes.keys()].some((key) => overlaps(keys, key));
  const drop = (key: string): void => {
    if (!changes.has(key)) kept = without(kept, key.split('.'));
  };
  if (changed(STEPS_FOLLOW)) for (const key of ['finalSteps', 'memberSteps']) drop(key);
  if (valueAt(kept, 'undecided') !== undefined) kept = stillUndecided(kept, changes);
  const { balance } = kept;
  if (Array.isArray(balance)) kept = { ...kept, balance: balance.filter((key) => !changes.has(`training.${key}`)) };
  const wasRun = typeof valueAt(stored, 'dataset.fingerprint') === 'string';
  const hasBudget = valueAt(stored, 'budget') !== undefined;
  if (hasBudget && changed(wasRun ? PLAN_FOLLOWS : ['budget'])) {
    for (const key of ['undecided', ...BUDGET_KEYS]) drop(key);
    // A whole share was asked for, or the budget was long.
    if (wasRun && Number(kept.searchShare) < SEARCH_SHARE) kept = withOpenShare(kept, 'auto', changes);
  }
  if (hasBudget && wasRun && changed([...PLAN_FOLLOWS, ...SCORING])) drop('fitnessSplits');
  if (hasBudget && wasRun && changes.has('ensemble')) drop('finalEpochs');
  // Only runs derive values; in a file written by hand, all values are intended.
  if (!wasRun) return kept as Stored;
  if (kept.searchShare === 0 && changed(['objectives', ...SEARCH_KEYS]))
    kept = withOpenShare(kept, SEARCH_SHARE, changes);
  for (const { key, from } of DERIVED) if (changed(from)) drop(key);
  // Other data may have no validation part; if it has one, the run finds out.
  if (kept.validation === 'part' && changed(['dataset'])) drop('validation');
  if (changes.has('budget') && changes.has('genome')) for (const key of LENGTH_KEYS) drop(key);
  if (changes.has('training.epochs')) kept = withFinalEpochs(kept, changes);
  if (changes.has('training.metrics')) kept = withFitnessFirst(kept, changes);
  if (changes.get('training.schedule.name') === 'reduce-on-plateau') {
    // This schedule cannot be trained in rounds.
    for (const key of ['replicas', 'roundSteps']) drop(key);
  }
  return kept as Stored;
}

/** Another share for the search than a run had planned; its genome, if there was no search, is planned again. */
function withOpenShare(tree: Tree, searchShare: number | 'auto', changes: Changes): Tree {
  if (tree.searchShare === undefined || changes.has('genome')) return tree;
  const open = changes.has('searchShare') ? tree : { ...tree, searchShare };
  return tree.searchShare === 0 ? without(open, ['genome']) : open;
}

/** Whether a key equals one of these keys, is part of one, or contains one. */
function overlaps(keys: readonly string[], key: string): boolean {
  return keys.some((other) => key === other || key.startsWith(`${other}.`) || other.startsWith(`${key}.`));
}

/** What is said now is decided. */
function stillUndecided(tree: Tree, changes: Changes): Tree {
  const { undecided } = tree;
  return Array.isArray(undecided) ? { ...tree, undecided: undecided.filter((key) => !changes.has(key)) } : tree;
}

/** The epochs of the final training follow those of candidates, unless they are others; see `finalEpochsFor`. */
function withFinalEpochs(tree: Tree, changes: Changes): Tree {
  const { finalEpochs } = tree;
  const epochs = valueAt(tree, 'training.epochs');
  if (changes.has('finalEpochs') || typeof epochs !== 'number' || typeof finalEpochs !== 'number') return tree;
  const { finalSteps: _, memberSteps: __, ...others } = tree;
  // Below 3, only a preset that has as many as candidates gives as many.
  if (finalEpochs === epochs && epochs < 3) return { ...others, finalEpochs: changes.get('training.epochs') };
  return finalEpochs === Math.max(3, epochs) ? without(others, ['finalEpochs']) : tree;
}

/** `accuracy` in first place stands for the fitness, whatever its metric. */
function withFitnessFirst(tree: Tree, changes: Changes): Tree {
  const { objectives } = tree;
  if (changes.has('objectives') || !Array.isArray(objectives)) return tree;
  return { ...tree, objectives: ['accuracy', ...objectives.slice(1)] };
}

function without(tree: Tree, [key = '', ...rest]: readonly string[]): Tree {
  const { [key]: value, ...others } = tree;
  if (rest.length === 0) return others;
  return isTree(value) ? { ...tree, [key]: without(value, rest) } : tree;
}

function valueAt(tree: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isTree(value) ? value[key] : undefined), tree);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
