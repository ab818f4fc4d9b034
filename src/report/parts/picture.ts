// The parts of a report: a drawing with a name, its figures as a table, and a note.

import { type Content, html, type Markup } from './markup.ts';
import { colour } from './theme.ts';

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Content[])[];
  /** For links to rows: row `i` has the id `PREFIX-i`. */
  readonly idPrefix?: string;
}

export interface Picture {
  /** Also the name of the picture's file. */
  readonly id: string;
  readonly title: string;
  /** If absent, `note` says why. */
  readonly svg?: Markup;
  readonly note?: string;
  /** Replaces the drawing on a page. */
  readonly content?: Markup;
  /** The figures of the drawing, for readers who cannot see it. */
  readonly table?: Table;
}

/** All charts fit on a phone; on larger screens they grow. */
export const WIDTH = 360;

interface Drawing {
  readonly name: string;
  readonly height: number;
  /** Whether it contains links: the role `img` would hide them from screen readers. */
  readonly hasLinks?: boolean;
}

export function drawing({ name, height, hasLinks }: Drawing, ...parts: readonly Content[]): Markup {
  const role = hasLinks ? 'group' : 'img';
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="${role}" aria-label="${name}" font-family="system-ui, sans-serif" font-size="12" fill="${colour('ink')}">${parts}</svg>`;
}

/** The legend at the top: a coloured dash before each name. */
export function legend(entries: readonly { readonly name: string; readonly fill: string }[]): Markup {
  let x = 8;
  const parts = entries.map(({ name, fill }) => {
    const left = Math.round(x);
    x += 24 + name.length * 6;
    return html`<rect x="${left}" y="7" width="10" height="4" rx="2" fill="${fill}"/><text x="${left + 14}" y="13" font-size="11.5" fill="${colour('muted')}">${name}</text>`;
  });
  return html`<g aria-hidden="true">${parts}</g>`;
}

export function tableOf({ head, rows, idPrefix }: Table): Markup {
  const cells = (row: readonly Content[], tag: 'td' | 'th') =>
    row.map((content) => (tag === 'th' ? html`<th scope="col">${content}</th>` : html`<td>${content}</td>`));
  const body = rows.map((row, i) =>
    idPrefix === undefined
      ? html`<tr>${cells(row, 'td')}</tr>`
      : html`<tr id="${idPrefix}-${i}">${cells(row, 'td')}</tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${head.join(', ')}"><table><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${body}</tbody></table></div>`;
}
