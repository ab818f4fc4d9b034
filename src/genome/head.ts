// The head: the classifier after the layers of a genome, as a list of layers. It is plain data, so that it can be sent to
// child processes and written to files unchanged.

import { InvalidInputError } from '../errors.ts';

/** A layer of the head. */
export type HeadLayer =
  /** `[C, H, W]` → `[C·H·W]`. */
  | { readonly type: 'flatten' }
  /** `[C, H, W]` → `[C]`, the mean over all pixels. */
  | { readonly type: 'globalAveragePooling' }
  /** `units`: a number, or `classes` for the number of classes. Only the last layer has softmax. */
  | {
      readonly type: 'dense';
      readonly units: number | 'classes';
      readonly activation?: 'relu' | 'softmax' | 'linear' | undefined;
    }
  /** Only in training: each value is zeroed with this probability; the others are scaled up by 1 / (1 − rate). */
  | { readonly type: 'dropout'; readonly rate: number };

/** The head of CNN-GA and of the Python package: a softmax classifier on the feature maps. */
export const DEFAULT_HEAD: readonly HeadLayer[] = [
  { type: 'flatten' },
  { type: 'dense', units: 'classes', activation: 'softmax' },
];

/**
 * A head turns feature maps into a vector once, at its start, and ends in a dense softmax layer with one unit per class.
 *
 * @throws {InvalidInputError} naming the layer, the rule and the cure.
 */
export function checkHead(head: readonly HeadLayer[]): void {
  const fail = (what: string): never => {
    throw new InvalidInputError(`outputLayer: ${what}`, { details: { outputLayer: head } });
  };
  const vectors = head.filter(({ type }) => type === 'flatten' || type === 'globalAveragePooling');
  if (vectors.length !== 1 || head[0] !== vectors[0]) {
    fail('the first layer, and no other, must be flatten or globalAveragePooling');
  }
  for (const [index, layer] of head.entries()) {
    const name = `layer ${index + 1} (${layer.type})`;
    if (layer.type === 'dropout' && !(layer.rate >= 0 && layer.rate < 1)) {
      fail(`${name} has the rate ${layer.rate}; it must be at least 0 and below 1`);
    }
    if (layer.type !== 'dense') continue;
    const isLast = index === head.length - 1;
    if (layer.units !== 'classes' && !(Number.isInteger(layer.units) && layer.units >= 1)) {
      fail(`${name} has ${layer.units} units; give a positive whole number or 'classes'`);
    }
    if (isLast && (layer.units !== 'classes' || (layer.activation ?? 'softmax') !== 'softmax')) {
      fail(`${name} is the last: it needs units: 'classes' and activation: 'softmax'`);
    }
    if (!isLast && layer.activation === 'softmax') fail(`${name} has the activation softmax; only the last layer may`);
  }
  if (head.at(-1)?.type !== 'dense') fail("the last layer must be { type: 'dense', units: 'classes' }");
}
