// Draws every candidate as a dot, by size and fitness.

import { scaleLinear, scaleLog } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import { paretoFront } from '../../search/records/front.ts';
import type { EvaluationEntry } from '../../search/records/journal-entry.ts';
import { counted, grouped, scaled, shownGenome } from '../parts/format.ts';
import { html } from '../parts/markup.ts';
import { fitnessText, tickText } from '../parts/metric-text.ts';
import { drawing, legend, type Picture } from '../parts/picture.ts';
import { colour } from '../parts/theme.ts';
import { type Candidate, isFailed, type RunRecords } from '../read-run.ts';
import { axes, compact, extentOf, FRAME, round } from './axes.ts';

const UNITS = { parameters: 'parameters', flops: 'FLOPs per image' } as const;
type Cost = keyof typeof UNITS;

/** Id prefix of the rows of `candidatesTable`, which the dots link to. */
const CANDIDATE_ROWS = 'candidate';

export function candidatesChart(records: RunRecords, cost: Cost): Picture {
  const { candidates, metric } = records;
  const id = `candidates-${cost}`;
  const title = `Candidates by ${cost === 'flops' ? 'FLOPs' : cost}`;
  const good = candidates.filter(({ entry }) => !isFailed(entry));
  if (good.length === 0) {
    const failed = candidates.length === 0 ? '' : ` ${counted(candidates.length, 'candidate')} failed.`;
    return { id, title, note: `No candidate has a fitness yet.${failed}` };
  }
  const { left, right, top, bottom, height } = FRAME;
  const x = scaleLog(widened(good.map(({ entry }) => entry[cost])), [left + 8, right - 8]);
  const y = scaleLinear(extentOf(good.map(({ entry }) => entry.fitness)), [bottom - 4, top + 4]).nice();
  const at = (entry: EvaluationEntry): readonly [number, number] => [round(x(entry[cost])), round(y(entry.fitness))];
  const front = paretoFront(
    good.map(({ entry }) => entry),
    [cost],
  ).toReversed();
  const members = new Set(front);
  const path = line<EvaluationEntry>()
    .x((entry) => at(entry)[0])
    .y((entry) => at(entry)[1])
    .curve(curveStepAfter)(front);
  const dots = good
    .map(({ entry, isWinner }, row) =>
      dot({ entry, isWinner, row, at: at(entry), isMember: members.has(entry), metric }),
    )
    // The most important dots are drawn on top.
    .toReversed();
  const best = front.at(-1);
  const name = `${counted(good.length, 'candidate')}: ${UNITS[cost]} against ${metric}; ${front.length} on the Pareto front, the best with ${fitnessText(metric, best?.fitness ?? 0)} and ${grouped(best?.[cost] ?? 0)} ${UNITS[cost]}`;
  const failures = candidates.length - good.length;
  return {
    id,
    title,
    ...(failures > 0 && {
      note: `${counted(failures, 'candidate')} failed and ${failures === 1 ? 'is' : 'are'} not shown.`,
    }),
    svg: drawing(
      { name, height, hasLinks: true },
      axes(
        { scale: x, name: UNITS[cost], ticks: logTicks(x.domain()), format: compact },
        { scale: y, name: metric, ticks: y.ticks(5), format: tickText(metric, y.ticks(5)) },
      ),
      html`<path d="${path ?? ''}" fill="none" stroke="${colour('orange')}" stroke-width="1.5" stroke-dasharray="4 3"/>`,
      dots,
      legend([
        { name: 'candidate', fill: colour('dot') },
        { name: 'Pareto front', fill: colour('orange') },
        { name: 'winner', fill: colour('blue') },
      ]),
    ),
  };
}

interface Dot {
  readonly entry: EvaluationEntry;
  readonly isWinner: boolean;
  readonly isMember: boolean;
  readonly row: number;
  readonly at: readonly [number, number];
  readonly metric: string;
}

function dot({ entry, isWinner, isMember, row, at: [cx, cy], metric }: Dot) {
  const marks = [...(isWinner ? ['winner'] : []), ...(isMember ? ['on the Pareto front'] : [])];
  const figures = [
    shownGenome(entry.genome),
    fitnessText(metric, entry.fitness),
    `${grouped(entry.parameters)} parameters`,
    scaled(entry.flops, 'FLOPs'),
  ];
  const text = [...figures, ...marks].join(', ');
  const fill = colour(isWinner ? 'blue' : isMember ? 'orange' : 'dot');
  const shape = isWinner
    ? html`<path d="M0-7 1.9-2.2 7-2.2 2.9 1 4.4 6 0 3-4.4 6-2.9 1-7-2.2-1.9-2.2Z" transform="translate(${cx} ${cy})" fill="${fill}" stroke="${colour('surface')}"/>`
    : html`<circle cx="${cx}" cy="${cy}" r="${isMember ? 4.5 : 3.5}" fill="${fill}" stroke="${colour('surface')}" stroke-width="0.7"/>`;
  return html`<a href="#${CANDIDATE_ROWS}-${row}" aria-label="${text}"><title>${text}</title>${shape}</a>`;
}

/** A table of all candidates; failed ones with the reason. */
export function candidatesTable({ candidates, metric }: RunRecords): Picture | undefined {
  if (candidates.length === 0) return undefined;
  return {
    id: 'candidates',
    title: 'All candidates',
    table: {
      head: ['Genome', metric, 'Parameters', 'FLOPs', 'Time', 'Remarks'],
      rows: candidates.map((candidate) => row(candidate, metric)),
      idPrefix: CANDIDATE_ROWS,
    },
  };
}

function row({ entry, isOnFront, isWinner }: Candidate, metric: string) {
  const { genome, fitness, parameters, flops, seconds, failure, cached, imported, pruned, refined } = entry;
  const remarks = [
    ...(isWinner ? ['winner'] : []),
    ...(isOnFront ? ['Pareto front'] : []),
    ...(refined ? ['trained again, for longer'] : []),
    ...(pruned ? ['ended early'] : []),
    ...(cached ? ['from a cache'] : []),
    ...(imported ? ['imported'] : []),
    ...(failure === undefined ? [] : [`failed: ${failure.message}`]),
  ];
  return [
    html`<code>${shownGenome(genome)}</code>`,
    failure === undefined ? fitnessText(metric, fitness) : '–',
    grouped(parameters),
    scaled(flops, ''),
    `${seconds.toFixed(1)} s`,
    remarks.join(', '),
  ];
}

/** Adds some room at both ends of a logarithmic axis. */
function widened(values: readonly number[]): [number, number] {
  const positive = values.map((value) => Math.max(1, value));
  return [Math.min(...positive) / 1.15, Math.max(...positive) * 1.15];
}

/** Ticks at 1, 2 and 5 times each power of ten; only at the powers if that is too many. */
function logTicks([low = 1, high = 10]: readonly number[]): readonly number[] {
  const powers = Array.from({ length: 16 }, (_, i) => 10 ** i);
  const inside = (value: number): boolean => value >= low && value <= high;
  const fine = powers.flatMap((power) => [power, 2 * power, 5 * power]).filter(inside);
  if (fine.length >= 2 && fine.length <= 6) return fine;
  const coarse = powers.filter(inside);
  return coarse.length >= 2 ? coarse : [Math.ceil(low), Math.floor(high)];
}
