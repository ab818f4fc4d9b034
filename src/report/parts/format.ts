// Formats figures and names for reports.

export { shownGenome } from '../../genome/text.ts';
export { counted, countedParts, duration, grouped, intervalText, percent, scaled } from '../../text/figures.ts';

/** Cuts a text to `length` characters and marks the cut with an ellipsis. */
export function shorten(text: string, length: number): string {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, Math.max(0, length - 1)).join('')}…`;
}
