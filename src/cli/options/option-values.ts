// Parses the text of options. Only the form is checked here; the configuration checks the values.

import { type ImageShape, InvalidInputError } from '../../index.ts';
import { parseImageShape } from '../../internal.ts';

/** Parses the text of one option; messages name `flag`. */
export type ParseValue = (text: string, flag: string) => unknown;

export const parseText = (text: string): string => text;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Plain or with an exponent: `8`, `0.003`, `2e6`. */
export function parseNumber(text: string, flag: string): number {
  if (NUMBER.test(text)) return Number(text);
  throw new InvalidInputError(`${flag} must be a number, such as 8, 0.5 or 2e6, received ${JSON.stringify(text)}`);
}

/** A number, or `none`. */
export function parseLimit(text: string, flag: string): number | null {
  if (text === 'none') return null;
  if (NUMBER.test(text)) return Number(text);
  throw new InvalidInputError(`${flag} must be a number, such as 2e6, or none, received ${JSON.stringify(text)}`);
}

/** A number, or a name in its place. */
export function parseNumberOrName(text: string): number | string {
  return NUMBER.test(text) ? Number(text) : text;
}

/** `8,16,32`. */
export function parseNumbers(text: string, flag: string): readonly number[] {
  if (/^\d+(,\d+)*$/.test(text)) return text.split(',').map(Number);
  throw new InvalidInputError(
    `${flag} must be whole numbers with commas between them, such as 8,16,32, received ${JSON.stringify(text)}`,
  );
}

/** `0.485,0.456,0.406`. */
export function parseDecimals(text: string, flag: string): readonly number[] {
  return text.split(',').map((value) => parseNumber(value, flag));
}

const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 };

/** Seconds, or with a unit: `90`, `30s`, `5m`, `1h`. */
export function parseSeconds(text: string, flag: string): number {
  const match = /^(\d+\.?\d*|\.\d+)(s|m|h)?$/i.exec(text);
  if (match !== null) return Number(match[1]) * (SECONDS[match[2]?.toLowerCase() ?? ''] ?? 1);
  throw new InvalidInputError(`${flag} must be a time, such as 30s, 5m or 1h, received ${JSON.stringify(text)}`);
}

/** `32x32`: height and width. */
export function parseSize(text: string, flag: string): { readonly height: number; readonly width: number } {
  const match = /^(\d{1,9})[x×](\d{1,9})$/i.exec(text);
  if (match !== null) return { height: Number(match[1]), width: Number(match[2]) };
  throw new InvalidInputError(`${flag} must be HEIGHTxWIDTH, such as 32x32, received ${JSON.stringify(text)}`);
}

/** `28x28x1`: height, width, channels. */
export function parseInput(text: string, flag: string): ImageShape {
  try {
    return parseImageShape(text);
  } catch (error) {
    if (error instanceof InvalidInputError) throw new InvalidInputError(`${flag}: ${error.message}`, { cause: error });
    throw error;
  }
}
