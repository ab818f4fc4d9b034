// Draws the ancestors of the winner.

import type { EvaluationEntry } from '../../search/records/journal-entry.ts';
import { counted, shorten, shownGenome } from '../parts/format.ts';
import { html } from '../parts/markup.ts';
import { fitnessText } from '../parts/metric-text.ts';
import { drawing, type Picture, WIDTH } from '../parts/picture.ts';
import { colour } from '../parts/theme.ts';
import type { RunRecords } from '../read-run.ts';

const MOST_ROWS = 60;
const DEEPEST = 10;
const [ROW, INDENT, LEFT] = [20, 14, 12];

export function familyTree({ entries, winner, metric, config }: RunRecords): Picture {
  const id = 'family';
  const title = 'Family tree of the winner';
  if (winner === undefined) return { id, title, note: 'No candidate has a fitness yet.' };
  const evaluations = entries.filter((entry) => entry.type === 'evaluation');
  if (!evaluations.some(({ parents }) => parents !== undefined)) {
    const note =
      config.strategy === 'random'
        ? 'Random search has no parents.'
        : 'No parents are recorded: no network has been bred yet, or the version of this run did not record them.';
    return { id, title, note };
  }
  const rows = lineage(winner, evaluations);
  const cut = rows.length > MOST_ROWS ? ` The first ${MOST_ROWS} of ${rows.length} are shown.` : '';
  const shown = rows.slice(0, MOST_ROWS);
  const names = new Set(rows.map(({ genome }) => genome));
  const note = `The parents of each network are listed below it, back to the first generation.${cut}`;
  const figure = ({ genome }: Row): string => {
    const fitness = evaluations.findLast((entry) => entry.genome === genome && entry.failure === undefined)?.fitness;
    return fitness === undefined ? '' : fitnessText(metric, fitness, 1);
  };
  const lines = shown.map((row, i) => {
    const [x, y] = [LEFT + row.depth * INDENT, 14 + i * ROW];
    const child = shown.findLastIndex((other, j) => j < i && other.depth === row.depth - 1);
    const stem =
      child < 0
        ? undefined
        : html`<path d="M${x - INDENT} ${18 + child * ROW}V${y - 1}H${x - 5}" fill="none" stroke="${colour('line')}" stroke-width="1.5"/>`;
    const room = Math.floor((WIDTH - x - 72) / 7);
    const fill = colour(i === 0 ? 'blue' : row.isOrigin ? 'dot' : row.isRepeated ? 'muted' : 'orange');
    const full = `${shownGenome(row.genome)}${row.isOrigin ? ', of the first generation' : ''}${row.isRepeated ? ', its parents are above' : ''}`;
    return html`<g><title>${full}</title>${stem}<circle cx="${x}" cy="${y - 1}" r="4" fill="${fill}"/><text x="${x + 9}" y="${y + 3}" font-family="ui-monospace, monospace" font-size="11.5">${shorten(shownGenome(row.genome), room)}</text><text x="${WIDTH - 6}" y="${y + 3}" font-size="11.5" text-anchor="end" fill="${colour('muted')}">${figure(row)}${row.isRepeated ? ' ↑' : ''}</text></g>`;
  });
  const name = `Family tree of ${shownGenome(winner)}: ${counted(names.size - 1, 'ancestor')}`;
  return {
    id,
    title,
    note,
    svg: drawing({ name, height: 10 + shown.length * ROW }, lines),
    table: {
      head: ['Genome', metric, 'Parents'],
      rows: rows
        .filter(({ isRepeated }) => !isRepeated)
        .map((row) => [
          html`<code>${shownGenome(row.genome)}</code>`,
          figure(row),
          row.isOrigin ? 'first generation' : row.parents.map((parent) => html`<code>${shownGenome(parent)}</code> `),
        ]),
    },
  };
}

interface Row {
  readonly genome: string;
  readonly depth: number;
  readonly parents: readonly string[];
  /** It has no known parents: it is an initial genome. */
  readonly isOrigin: boolean;
  /** Its parents are already shown in a row above. */
  readonly isRepeated: boolean;
}

/** Depth first; the ancestors of a repeated ancestor are listed only once. */
function lineage(winner: string, evaluations: readonly EvaluationEntry[]): readonly Row[] {
  const parentsOf = new Map<string, readonly string[]>();
  for (const { genome, parents } of evaluations) {
    if (parents !== undefined && !parentsOf.has(genome)) parentsOf.set(genome, parents);
  }
  const rows: Row[] = [];
  const seen = new Set<string>();
  const visit = (genome: string, depth: number): void => {
    const parents = [...new Set(parentsOf.get(genome) ?? [])].filter((parent) => parent !== genome);
    const isRepeated = seen.has(genome) && parents.length > 0;
    rows.push({ genome, depth, parents, isOrigin: parents.length === 0, isRepeated });
    seen.add(genome);
    if (!isRepeated && depth < DEEPEST) for (const parent of parents) visit(parent, depth + 1);
  };
  visit(winner, 0);
  return rows;
}
