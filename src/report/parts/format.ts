// Figures and names as a report writes them.

export { shownGenome } from '../../genome/text.ts';
export { counted, duration, grouped, percent, scaled } from '../../text/figures.ts';

/** The text, cut to `length` characters, the cut marked. */
export function shorten(text: string, length: number): string {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, Math.max(0, length - 1)).join('')}…`;
}
