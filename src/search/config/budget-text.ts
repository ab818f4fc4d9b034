// The budget of a run: time, or computing.

import { InvalidInputError } from '../../errors.ts';

/**
 * Time, from the start of the process to the model's score, with the speed of each worker as measured when the run began; or
 * computing, in FLOPs.
 */
export type Budget =
  | { readonly seconds: number; readonly rate?: number | undefined; readonly byteWork?: number | undefined }
  /** FLOPs and equivalents of other work: see genome/work.ts. */
  | { readonly flops: number };

export type TimeBudget = Extract<Budget, { readonly seconds: number }>;

export const BUDGET_EXAMPLES = '90s, 5m, 1h or 2e15flops';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** @returns undefined unless the text is a positive number with one of the units s, m, h, flops. */
export function parseBudget(text: string): Budget | undefined {
  const [, digits = '', unit = ''] = /^(\d+\.?\d*(?:e\+?\d+)?|\.\d+)\s*(s|m|h|flops)$/i.exec(text.trim()) ?? [];
  const value = Number(digits);
  if (unit === '' || !(value > 0 && Number.isFinite(value))) return undefined;
  const scale = SECONDS[unit.toLowerCase()];
  return scale === undefined ? { flops: value } : { seconds: value * scale };
}

/** Text of a budget that {@link parseBudget} accepts. */
export function formatBudget(budget: Budget): string {
  if ('flops' in budget) return `${budget.flops.toExponential().replace('+', '')}flops`;
  const { seconds } = budget;
  const [unit, scale] = Object.entries(SECONDS).findLast(([, size]) => seconds % size === 0) ?? ['s', 1];
  return `${seconds / scale}${unit}`;
}

/** @throws {InvalidInputError} that explains what a budget looks like; `place` names the option. */
export function requireBudget(text: unknown, place: string): Budget {
  const budget = typeof text === 'string' ? parseBudget(text) : undefined;
  if (budget !== undefined) return budget;
  throw new InvalidInputError(
    `${place} must be a time or an amount of computing with its unit, such as ${BUDGET_EXAMPLES}, received ${JSON.stringify(text)}`,
    { details: { received: text } },
  );
}
