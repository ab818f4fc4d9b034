import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../errors.ts';
import type { Gene, Genome } from './genome.ts';
import { formatGenome, genomeId, parseGenome } from './text.ts';

const skip = (filters1: number, filters2: number): Gene => ({ kind: 'skip', filters1, filters2 });
const max: Gene = { kind: 'pooling', pooling: 'max' };
const mean: Gene = { kind: 'pooling', pooling: 'mean' };

const stage = (filters1: number, pooling: 'max' | 'mean', filters2: number): Gene => ({
  kind: 'stage',
  filters1,
  pooling,
  filters2,
});

const filters = fc.integer({ min: 0, max: 12 }).map((exponent) => 2 ** exponent);
const genomes: fc.Arbitrary<Genome> = fc.array(
  fc.oneof(
    fc.constantFrom(max, mean),
    fc.tuple(filters, filters).map(([a, b]) => skip(a, b)),
    fc.tuple(filters, fc.constantFrom('max', 'mean'), filters).map((gene) => stage(...gene)),
  ),
  { maxLength: 12 },
);

describe('parseGenome', () => {
  it('reads skip and pooling layers', () => {
    expect(parseGenome('128-64-mean-max-32-32')).toEqual([skip(128, 64), mean, max, skip(32, 32)]);
  });

  it('reads stages, alone and among other layers', () => {
    expect(parseGenome('32max64')).toEqual([stage(32, 'max', 64)]);
    expect(parseGenome('16-8-8MEAN8-max-1max1')).toEqual([skip(16, 8), stage(8, 'mean', 8), max, stage(1, 'max', 1)]);
  });

  it("reads the paper's pooling numbers: below 0.5 is max, from 0.5 up is mean", () => {
    expect(formatGenome(parseGenome('32-64-0.2-64-256-0.8-512-256-256-512'))).toBe(
      '32-64-max-64-256-mean-512-256-256-512',
    );
    expect(formatGenome(parseGenome('0-0.0-.49-0.5-1.0-1.'))).toBe('max-max-max-mean-mean-mean');
  });

  it('takes 1 for a filter count, as pooling numbers have a decimal point', () => {
    expect(parseGenome('1-1')).toEqual([skip(1, 1)]);
  });

  it('reads the empty text as the empty genome', () => {
    expect(parseGenome('')).toEqual([]);
    expect(parseGenome('  ')).toEqual([]);
  });

  it('drops spaces around tokens and reads words in any case', () => {
    expect(parseGenome(' 128 - 64 -MAX-Mean\n')).toEqual([skip(128, 64), max, mean]);
  });

  it('reads back what formatGenome writes', () => {
    fc.assert(
      fc.property(genomes, (genome) => {
        expect(parseGenome(formatGenome(genome))).toEqual(genome);
      }),
    );
  });

  it.each([
    [
      '128-64-maxx',
      'genome "128-64-maxx", token 3 ("maxx"): a token is a number of filters, max, mean, or a stage such as 32max64; did you mean max?',
    ],
    [
      'maen',
      'genome "maen", token 1 ("maen"): a token is a number of filters, max, mean, or a stage such as 32max64; did you mean mean?',
    ],
    [
      'convolution',
      'genome "convolution", token 1 ("convolution"): a token is a number of filters, max, mean, or a stage such as 32max64',
    ],
    [
      '32-64-128-max',
      'genome "32-64-128-max", token 3 ("128"): a skip layer is two numbers (F1-F2), and the second is missing; add it or remove this one',
    ],
    [
      'max-32',
      'genome "max-32", token 2 ("32"): a skip layer is two numbers (F1-F2), and the second is missing; add it or remove this one',
    ],
    [
      '128-max-64',
      'genome "128-max-64", token 1 ("128"): a skip layer is two numbers (F1-F2), and the second is missing; add it or remove this one',
    ],
    ['-32-32', `genome "-32-32", token 1 (""): the text starts with '-'; remove it or put a layer before it`],
    ['32-32-', `genome "32-32-", token 3 (""): the text ends with '-'; remove it or add a layer after it`],
    ['32--32', `genome "32--32", token 2 (""): there are two '-' in a row; remove one or put a layer between them`],
    ['32-48', 'genome "32-48", token 2 ("48"): a filter count is a power of two: use 32 or 64'],
    ['8192-32', 'genome "8192-32", token 1 ("8192"): a filter count is a power of two, at most 4096'],
    ['00-32', 'genome "00-32", token 1 ("00"): a filter count is a power of two from 1 to 4096'],
    [
      '1.5-max',
      'genome "1.5-max", token 1 ("1.5"): a pooling number must be in 0..1: below 0.5 is max, from 0.5 up is mean',
    ],
    [
      '32-64max32',
      'genome "32-64max32", token 1 ("32"): a skip layer is two numbers (F1-F2), and the second is missing; add it or remove this one',
    ],
    ['48max32', 'genome "48max32", token 1 ("48max32"): a filter count is a power of two: use 32 or 64'],
    ['32max0', 'genome "32max0", token 1 ("32max0"): a filter count is a power of two from 1 to 4096'],
    [
      '32maxx64',
      'genome "32maxx64", token 1 ("32maxx64"): a token is a number of filters, max, mean, or a stage such as 32max64; did you mean max?',
    ],
    ['32max', 'genome "32max", token 1 ("32max"): a stage has a number of filters on both sides, as in 32max64'],
    ['max64', 'genome "max64", token 1 ("max64"): a stage has a number of filters on both sides, as in 32max64'],
    ['1e3', 'genome "1e3", token 1 ("1e3"): a token is a number of filters, max, mean, or a stage such as 32max64'],
  ])('says what is wrong with %j, where, and the cure', (text, message) => {
    expect(() => parseGenome(text)).toThrow(invalidInput(message));
  });

  it('gives text, token and position to programs', () => {
    expect(thrownBy(() => parseGenome('max-48-32'))).toMatchObject({
      code: 'INVALID_INPUT',
      details: { text: 'max-48-32', token: '48', position: 2 },
    });
  });

  it('answers any text with a genome or an InvalidInputError of one readable line', () => {
    const nearlyGenomes = fc
      .array(fc.constantFrom('max', 'mean', '32', '64', '7', '-', ' ', '0.2', '9'.repeat(400), 'x', '\n'))
      .map((parts) => parts.join('-'));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearlyGenomes), (text) => {
        const error = thrownBy(() => parseGenome(text));
        if (error === undefined) return;
        expect(error).toBeInstanceOf(InvalidInputError);
        expect((error as Error).message).toMatch(/^genome .{1,400}$/);
      }),
      { numRuns: 500, examples: [['\u2028'], ['64-\u2029']] },
    );
  });

  it.each([undefined, null, 128, {}, ['128-64']])('refuses %j, which is not text', (value) => {
    expect(() => parseGenome(value as unknown as string)).toThrow(InvalidInputError);
  });
});

describe('genomeId', () => {
  it('is the canonical text', () => {
    expect(genomeId(parseGenome(' 128-64-0.7 '))).toBe('128-64-mean');
    expect(genomeId([])).toBe('');
  });

  it('is equal exactly for equal genomes', () => {
    fc.assert(
      fc.property(genomes, genomes, (a, b) => {
        expect(genomeId(a) === genomeId(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

function invalidInput(message: string): unknown {
  return expect.objectContaining({ code: 'INVALID_INPUT', message });
}
