// The text form of a genome: layers joined with `-`, a skip layer as `F1-F2`, a pooling layer as `max` or `mean`, a stage as
// `F1maxF2` or `F1meanF2`.

import { InvalidInputError } from '../errors.ts';
import { nearestOf } from '../text/did-you-mean.ts';
import { filterCountProblem } from './filters.ts';
import type { Gene, Genome, PoolingGene, PoolingType, StageGene } from './genome.ts';

const POOLING_TYPES: readonly PoolingType[] = ['mean', 'max'];

/**
 * Reads a genome from its text form.
 *
 * Accepts both notations of pooling: the words `max` and `mean`, case-insensitive, and the paper's number (`0`, or one with
 * a decimal point, in 0..1), where below 0.5 is max and from 0.5 up is mean. A stage has the words alone. Spaces around a
 * token are ignored; the empty text is the empty genome.
 *
 * @throws {InvalidInputError} naming the token and its position (from 1); `details` contains `text`, `token`, `position`.
 * @see CNN-GA, which writes pooling as in `32-64-0.2-64-256-0.8-512-256-256-512`.
 */
export function parseGenome(text: string): Genome {
  if (typeof text !== 'string') {
    throw new InvalidInputError(`a genome must be text such as 128-64-max, received ${typeof text}`);
  }
  if (text.trim() === '') return [];
  const words = text.split('-').map((word) => word.trim());
  const genes: Gene[] = [];
  let unpaired: Place | undefined;
  let filters1 = 0;
  for (const [index, word] of words.entries()) {
    const place: Place = { text, word, position: index + 1, last: index === words.length - 1 };
    const token = readToken(place);
    if (typeof token !== 'number') {
      if (unpaired !== undefined) throw withoutPartner(unpaired);
      genes.push(token);
    } else if (unpaired === undefined) {
      unpaired = place;
      filters1 = token;
    } else {
      genes.push({ kind: 'skip', filters1, filters2: token });
      unpaired = undefined;
    }
  }
  if (unpaired !== undefined) throw withoutPartner(unpaired);
  return genes;
}

/** The canonical text form: `128-64-mean-max-32-32`, `32max64-64max128`; the empty genome is the empty text. */
export function formatGenome(genome: Genome): string {
  return genome.map(formatGene).join('-');
}

/**
 * The only identifier of an architecture: caches, task seeds, checkpoints and search strategies use it.
 *
 * It is the canonical text form. Two genomes have the same identifier if and only if they have the same layers.
 */
export function genomeId(genome: Genome): string {
  return formatGenome(genome);
}

function formatGene(gene: Gene): string {
  switch (gene.kind) {
    case 'skip':
      return `${gene.filters1}-${gene.filters2}`;
    case 'pooling':
      return gene.pooling;
    case 'stage':
      return `${gene.filters1}${gene.pooling}${gene.filters2}`;
  }
}

/** A token and its position, counted from 1. */
interface Place {
  readonly text: string;
  readonly word: string;
  readonly position: number;
  readonly last: boolean;
}

/** A filter count, or a whole layer. */
function readToken(place: Place): number | PoolingGene | StageGene {
  const { word } = place;
  if (word === '') throw invalid(place, emptyTokenProblem(place));
  if (word === '0' || /^(\d+\.\d*|\.\d+)$/.test(word)) {
    const value = Number(word);
    if (value > 1) throw invalid(place, 'a pooling number must be in 0..1: below 0.5 is max, from 0.5 up is mean');
    return { kind: 'pooling', pooling: value < 0.5 ? 'max' : 'mean' };
  }
  if (/^\d+$/.test(word)) return readFilters(word, place);
  const [, filters1 = '', name = word, filters2 = ''] = /^(\d*)([a-z]+)(\d*)$/i.exec(word) ?? [];
  const pooling = POOLING_TYPES.find((type) => type === name.toLowerCase());
  if (pooling === undefined) throw invalid(place, unknownWordProblem(name));
  if (filters1 === '' && filters2 === '') return { kind: 'pooling', pooling };
  if (filters1 === '' || filters2 === '') {
    throw invalid(place, `a stage has a number of filters on both sides, as in 32${pooling}64`);
  }
  return { kind: 'stage', filters1: readFilters(filters1, place), pooling, filters2: readFilters(filters2, place) };
}

function readFilters(digits: string, place: Place): number {
  const filters = Number(digits);
  const problem = filterCountProblem(filters);
  if (problem !== undefined) throw invalid(place, problem);
  return filters;
}

function emptyTokenProblem({ position, last }: Place): string {
  if (position === 1) return "the text starts with '-'; remove it or put a layer before it";
  if (last) return "the text ends with '-'; remove it or add a layer after it";
  return "there are two '-' in a row; remove one or put a layer between them";
}

function unknownWordProblem(word: string): string {
  const known = 'a token is a number of filters, max, mean, or a stage such as 32max64';
  if (word.length > 20) return known;
  const nearest = nearestOf(word, POOLING_TYPES);
  return nearest === undefined ? known : `${known}; did you mean ${nearest}?`;
}

function withoutPartner(place: Place): InvalidInputError {
  return invalid(place, 'a skip layer is two numbers (F1-F2), and the second is missing; add it or remove this one');
}

function invalid({ text, word, position }: Place, problem: string): InvalidInputError {
  return new InvalidInputError(`genome ${quote(text)}, token ${position} (${quote(word)}): ${problem}`, {
    details: { text, token: word, position },
  });
}

/** Quotes the text on one line, cut to a readable length. */
function quote(text: string): string {
  const quoted = JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
  // JSON leaves the two separators of lines that Unicode has as they are.
  return quoted.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** The text of a genome for display; the empty genome would be invisible. */
export function shownGenome(text: string): string {
  return text === '' ? '(no layers)' : text;
}
