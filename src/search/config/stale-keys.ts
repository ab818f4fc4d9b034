// A stored configuration under what is said now. A run writes down what it works out, such as the steps of its final training:
// where that follows from a value that is said anew, it gives way and is worked out again.

import { BUDGET_KEYS } from './config.ts';

type Tree = Readonly<Record<string, unknown>>;
/** What is said now, by the key's path. */
export type Changes = ReadonlyMap<string, unknown>;

/** What a run works out, and what it follows from. */
const DERIVED: readonly { readonly key: string; readonly from: readonly string[] }[] = [
  { key: 'typicalWork', from: ['equalCompute', 'searchSpace', 'dataset', 'outputLayer', 'shortcut', 'budget'] },
  { key: 'searchSpace.maxWork', from: ['searchSpace.maxSeconds'] },
  { key: 'budget.rate', from: ['lowering', 'dataset', 'trainLimit'] },
  { key: 'finalTraining.augmentation', from: ['training.augmentation'] },
  { key: 'finalTraining.labelSmoothing', from: ['training.loss'] },
  { key: 'pick', from: ['objectives'] },
];

/** The steps that the final training came to have, in place of its epochs. */
const STEPS_FOLLOW = ['finalEpochs', 'training.batchSize', 'training.schedule', 'trainLimit', 'dataset', 'budget'];
/** What a plan by a budget follows from. */
const PLAN_FOLLOWS = ['budget', 'dataset', 'trainLimit'];
/** What a budget decides for the training of a genome. */
const LENGTH_KEYS = ['finalEpochs', 'replicas'] as const;

/**
 * The stored configuration without what no longer holds. What somebody wrote by hand is kept, except for what is said in place
 * of a value that is said now: `finalSteps`.
 *
 * @param stored   as `config.json` has it, or resolved.
 * @param changes  keys of what is said now; a key of `dataset` for other data.
 * @returns what is still to be checked, with the changes made.
 */
export function withoutStale<Stored extends object>(stored: Stored, changes: Changes): Stored {
  let kept: Tree = Object.fromEntries(Object.entries(stored));
  const changed = (keys: readonly string[]): boolean => [...changes.keys()].some((key) => overlaps(keys, key));
  const drop = (key: string): void => {
    if (!changes.has(key)) kept = without(kept, key.split('.'));
  };
  if (changed(STEPS_FOLLOW)) drop('finalSteps');
  if (valueAt(kept, 'undecided') !== undefined) kept = stillUndecided(kept, changes);
  const wasRun = typeof valueAt(stored, 'dataset.fingerprint') === 'string';
  const hasBudget = valueAt(stored, 'budget') !== undefined;
  if (hasBudget && changed(wasRun ? PLAN_FOLLOWS : ['budget'])) {
    for (const key of ['undecided', ...BUDGET_KEYS]) drop(key);
  }
  // Only a run works these out; a file that was written by hand means what it says.
  if (!wasRun) return kept as Stored;
  for (const { key, from } of DERIVED) if (changed(from)) drop(key);
  if (changes.has('budget') && changes.has('genome')) for (const key of LENGTH_KEYS) drop(key);
  if (changes.has('training.epochs')) kept = withFinalEpochs(kept, changes);
  if (changes.has('training.metrics')) kept = withFitnessFirst(kept, changes);
  if (changes.get('training.schedule.name') === 'reduce-on-plateau') {
    // It cannot be trained in rounds.
    for (const key of ['replicas', 'roundSteps']) drop(key);
  }
  return kept as Stored;
}

/** Whether a key is one of these, a part of one, or has one as its part. */
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
  const { finalSteps: _, ...others } = tree;
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
