// The rules that pick the network that becomes the model.

import { InvalidInputError } from '../../errors.ts';
import { nearestOf } from '../../text/did-you-mean.ts';

/** A parsed rule. */
export type PickRule =
  | { readonly name: 'best' }
  | { readonly name: 'promising' }
  | { readonly name: 'knee' }
  /** `points`: percentage points of fitness, above 0: 1 means 98.2 % if the best has 99.2 %. */
  | { readonly name: 'smallest-within'; readonly points: number };

/** A rule that picks from a front. */
export type FrontRule = Exclude<PickRule, { readonly name: 'promising' }>;

export const PICK_EXAMPLES = 'best, promising, knee or smallest-within=1%';

/** @throws {InvalidInputError} if the text is not a rule; `place` names the option. */
export function requirePick(text: string, place: string): PickRule {
  if (text === 'best' || text === 'promising' || text === 'knee') return { name: text };
  const [, share] = /^smallest-within=(\d+\.?\d*|\.\d+)\s*%$/.exec(text) ?? [];
  const points = Number(share);
  if (points > 0 && points <= 100) return { name: 'smallest-within', points };
  const name = text.split('=')[0] ?? text;
  const near =
    name === 'smallest-within' ? undefined : nearestOf(name, ['best', 'promising', 'knee', 'smallest-within=1%']);
  const cure = near === undefined ? '; the share is in percentage points, above 0' : `; did you mean ${near}?`;
  throw new InvalidInputError(`${place} must be ${PICK_EXAMPLES}, received ${JSON.stringify(text)}${cure}`, {
    details: { received: text },
  });
}
