// Lays out class names below a drawing.

/** In units of Latin letters. */
const LONGEST_LINE = 46;
const LONGEST_NAME = 24;
const MOST_LINES = 3;

/** Comma-separated names in at most three lines; if there are too many, the first ones and the number of the others. */
export function namesInLines(names: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let current = '';
  for (const [index, name] of names.entries()) {
    const rest = names.length - index;
    const next = shortened(name) + (rest === 1 ? '' : ',');
    const joined = current === '' ? next : `${current} ${next}`;
    // The last line reserves room for the number of names that do not fit.
    const reserve = lines.length === MOST_LINES - 1 && rest > 1 ? ` … ${rest - 1} more`.length : 0;
    if (widthOf(joined) + reserve <= LONGEST_LINE) {
      current = joined;
    } else if (lines.length === MOST_LINES - 1) {
      return [...lines, `${current} … ${rest} more`];
    } else {
      lines.push(current);
      current = next;
    }
  }
  return current === '' ? lines : [...lines, current];
}

function shortened(name: string): string {
  if (widthOf(name) <= LONGEST_NAME) return name;
  let start = '';
  for (const letter of name) {
    if (widthOf(start + letter) >= LONGEST_NAME) break;
    start += letter;
  }
  return `${start.trimEnd()}…`;
}

/** East Asian letters and pictographs are twice as wide as Latin letters. */
function widthOf(text: string): number {
  return [...text].reduce((width, letter) => width + (WIDE.test(letter) ? 2 : 1), 0);
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\u{1f300}-\u{3fffd}]/u;
