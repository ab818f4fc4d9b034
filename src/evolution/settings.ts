// Checks the numeric settings of strategies. Each error names the setting, its constraint and what was received.

import { InvalidInputError } from '../errors.ts';
import { MUTATION_OPERATIONS, type MutationWeights } from './operators/mutation.ts';

/** @throws {InvalidInputError} if `value` is not an integer of at least `minimum`; `cure` ends the message. */
export function checkInteger(name: string, value: number, minimum: number, cure: string): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw wrong(name, `must be an integer of at least ${minimum}`, value, cure);
}

/** @throws {InvalidInputError} if `value` is not in 0..1. */
export function checkProbability(name: string, value: number): void {
  if (typeof value === 'number' && value >= 0 && value <= 1) return;
  throw wrong(name, 'must be a probability from 0 to 1', value, 'use 0 for never and 1 for always');
}

/** @throws {InvalidInputError} unless there are four weights, none negative, whose sum is 1 (within 1e-6). */
export function checkMutationWeights(weights: MutationWeights): void {
  const name = 'mutationWeights';
  const cure = `give the probabilities of ${MUTATION_OPERATIONS.join(', ')}, such as 0.7, 0.1, 0.1, 0.1`;
  if (!Array.isArray(weights) || weights.length !== MUTATION_OPERATIONS.length) {
    throw wrong(name, 'must be four numbers', weights, cure);
  }
  if (!weights.every((weight) => Number.isFinite(weight) && weight >= 0)) {
    throw wrong(name, 'must not be negative', weights, cure);
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (Math.abs(sum - 1) > 1e-6) {
    const shown = Number(sum.toPrecision(9));
    throw wrong(name, `must add up to 1, not ${shown}`, weights, cure);
  }
}

function wrong(name: string, constraint: string, received: unknown, cure: string): InvalidInputError {
  const shown = Array.isArray(received) ? received.join(', ') : String(received);
  return new InvalidInputError(`${name} ${constraint}, received ${shown}; ${cure}`, { details: { name, received } });
}
