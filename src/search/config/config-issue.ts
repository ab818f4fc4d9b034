// Describes errors in a configuration to its user: the key, the constraint, what was received, the cure.

import type { z } from 'zod';
import { nearestOf } from '../../text/did-you-mean.ts';

/** Where the key at a path was set: `search.json: training.epochs`, or a flag. */
export type PlaceOfKey = (path: string) => string;

export interface KnownNames {
  /** Keys that the object at a path may have. */
  keysAt(path: string): readonly string[];
  /** Names that the discriminated union at a path may have. */
  namesAt(path: string): readonly string[];
}

export function describeIssue(issue: z.core.$ZodIssue, input: unknown, placeOf: PlaceOfKey, known: KnownNames): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const place = placeOf(path === '' ? key : `${path}.${key}`);
    return `${place} is not a known key${suggestion(key, known.keysAt(path))}`;
  }
  const received = valueAt(input, issue.path);
  const place = placeOf(path);
  if (received === undefined) return `${place} is missing`;
  const shown = JSON.stringify(received);
  const names = issue.code === 'invalid_union' ? known.namesAt(path) : namesOf(issue);
  if (names.length > 0) {
    const near = typeof received === 'string' ? suggestion(received, names) : '';
    return `${place} must be one of ${names.join(', ')}, received ${shown}${near}`;
  }
  return `${place} must be ${constraintOf(issue)}, received ${shown}`;
}

function constraintOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? `of type ${issue.expected}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive ? 'at least' : 'greater than', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum);
    default:
      return issue.message;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
};

function bound(origin: string, comparison: string, limit: number | bigint): string {
  if (origin === 'array') return `a list of ${comparison} ${limit} entries`;
  if (origin === 'string') return `text of ${comparison} ${limit} characters`;
  return `${comparison} ${limit}`;
}

function namesOf(issue: z.core.$ZodIssue): readonly string[] {
  return issue.code === 'invalid_value' ? issue.values.map(String) : [];
}

function suggestion(received: string, names: readonly string[]): string {
  const near = nearestOf(received, names);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** Undefined where the path ends early. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}
