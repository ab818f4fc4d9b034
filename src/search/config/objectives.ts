// The objectives of a search besides fitness.

import { InvalidInputError } from '../../errors.ts';

/** Objectives to minimise, all per network or per image. */
export const COST_NAMES = ['parameters', 'flops', 'latency'] as const;

/** `latency` is measured on this machine; the others come from the cost model. */
export type CostName = (typeof COST_NAMES)[number];

/**
 * The objectives with the first one, the fitness, replaced by the name of its metric.
 *
 * @param objectives  known names, at least one; `accuracy` in first place stands for the fitness, whichever its metric.
 * @param place       where they were given, for messages.
 * @throws {InvalidInputError} if the first is not the fitness, or another is not a cost or is repeated.
 */
export function resolveObjectives<Name extends string>(
  objectives: readonly Name[],
  metric: Name,
  place: string,
): [Name, ...Name[]] {
  const [first, ...others] = objectives;
  const refuse = (why: string): never => {
    throw new InvalidInputError(`${place}: ${why}, received ${objectives.join(',')}`, { details: { objectives } });
  };
  if (first !== 'accuracy' && first !== metric) {
    refuse(`the first objective is the fitness, ${metric}, as in ${metric},parameters`);
  }
  const wrong = others.find((name) => !isCost(name));
  if (wrong !== undefined) refuse(`after the first come costs (${COST_NAMES.join(', ')}); ${wrong} is not a cost`);
  const doubled = others.find((name, i) => others.indexOf(name) < i);
  if (doubled !== undefined) refuse(`${doubled} is repeated`);
  return [metric, ...others];
}

/** The objectives after the first. */
export function costNamesOf({ objectives }: { readonly objectives: readonly string[] }): readonly CostName[] {
  return objectives.slice(1).filter(isCost);
}

function isCost(name: string): name is CostName {
  return COST_NAMES.some((cost) => cost === name);
}
