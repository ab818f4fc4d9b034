// Draws how a run spent its time: its parts, and all trainings side by side.

import { scaleLinear } from 'd3-scale';
import type { JournalEntry } from '../../search/records/journal-entry.ts';
import { duration, percent, shownGenome } from '../parts/format.ts';
import { html } from '../parts/markup.ts';
import { drawing, legend, type Picture, WIDTH } from '../parts/picture.ts';
import { colour } from '../parts/theme.ts';
import type { RunRecords } from '../read-run.ts';
import { round } from './axes.ts';

interface Span {
  readonly from: number;
  readonly to: number;
}

interface Training extends Span {
  readonly type: 'evaluation' | 'final' | 'round';
  readonly genome: string;
  readonly isFailed: boolean;
}

const [LEFT, RIGHT, LANE] = [8, WIDTH - 8, 12];

export function timeChart({ entries, summary, status }: RunRecords): Picture {
  const id = 'time';
  const title = 'Where the time went';
  const trainings = entries.flatMap(trainingOf);
  if (trainings.length === 0) return { id, title, note: 'Nothing has been trained yet.' };
  const total = summary?.seconds ?? Math.max(...trainings.map(({ to }) => to));
  const parts = partsOf(trainings, total, summary !== undefined);
  const x = scaleLinear([0, total], [LEFT, RIGHT]);
  const bars = parts.map(
    ({ name, from, to, fill }) =>
      html`<g><title>${`${name}: ${duration(to - from)}`}</title><rect x="${round(x(from))}" y="24" width="${Math.max(0, round(x(to) - x(from)))}" height="14" fill="${fill}"/></g>`,
  );
  const lanes = inLanes(trainings);
  const tracks = lanes.flatMap((lane, i) =>
    lane.map(({ type, genome, from, to, isFailed }) => {
      const fill = colour(isFailed ? 'red' : type === 'evaluation' ? 'orange' : 'blue');
      const kind = type === 'evaluation' ? 'candidate' : 'final training';
      const text = `${kind} ${shownGenome(genome)}: ${duration(to - from)}${isFailed ? ', failed' : ''}`;
      return html`<g><title>${text}</title><rect x="${round(x(from))}" y="${50 + i * LANE}" width="${Math.max(0.8, round(x(to) - x(from) - 0.6))}" height="${LANE - 3}" rx="1" fill="${fill}" fill-opacity="0.75"/></g>`;
    }),
  );
  const bottom = 50 + lanes.length * LANE + 2;
  const ticks = x.ticks(5).filter((value) => value <= total);
  const axis = ticks.map(
    (value) =>
      html`<line x1="${round(x(value))}" x2="${round(x(value))}" y1="24" y2="${bottom}" stroke="${colour('line')}"/><text x="${round(x(value))}" y="${bottom + 15}" font-size="12" text-anchor="${x(value) < 24 ? 'start' : x(value) > RIGHT - 24 ? 'end' : 'middle'}" fill="${colour('muted')}">${value === 0 ? '0' : duration(value)}</text>`,
  );
  const name = `${duration(total)} in all: ${parts.map((part) => `${part.name} ${duration(part.to - part.from)}`).join(', ')}`;
  return {
    id,
    title,
    note: `${duration(total)}${status === 'done' ? '' : ' so far'}; each training is shown below, concurrent ones under each other.`,
    svg: drawing(
      { name, height: bottom + 20 },
      axis,
      bars,
      tracks,
      legend(parts.map((part) => ({ name: part.name, fill: part.fill }))),
    ),
    table: {
      head: ['Part', 'Time', 'Share'],
      rows: parts.map((part) => [part.name, duration(part.to - part.from), percent((part.to - part.from) / total, 1)]),
    },
  };
}

function trainingOf(entry: JournalEntry): readonly Training[] {
  // A finished final training in rounds has one entry that covers all of them.
  if (entry.type === 'plan' || entry.type === 'workers' || entry.elapsedSeconds === undefined) return [];
  const { type, elapsedSeconds: to, seconds } = entry;
  const genome = entry.type === 'round' ? 'in rounds' : entry.genome;
  const isFailed = entry.type !== 'round' && entry.failure !== undefined;
  return [{ type, genome, from: Math.max(0, to - seconds), to, isFailed }];
}

interface Part extends Span {
  readonly name: string;
  readonly fill: string;
}

/**
 * Each kind of training spans from its first to its last; the time before, between and after is preparation and scoring.
 */
function partsOf(trainings: readonly Training[], total: number, isDone: boolean): readonly Part[] {
  const search = spanOf(trainings.filter(({ type }) => type === 'evaluation'));
  const final = spanOf(trainings.filter(({ type }) => type !== 'evaluation'));
  const begin = search?.from ?? final?.from ?? 0;
  const searchEnd = search === undefined ? begin : Math.min(search.to, final?.from ?? search.to);
  const end = final?.to ?? searchEnd;
  const parts: readonly Part[] = [
    { name: 'preparation', from: 0, to: begin, fill: colour('dot') },
    { name: 'search', from: begin, to: searchEnd, fill: colour('orange') },
    { name: 'final training', from: searchEnd, to: end, fill: colour('blue') },
    ...(isDone ? [{ name: 'scoring', from: end, to: total, fill: colour('green') }] : []),
  ];
  return parts.filter(({ from, to }) => to - from > 0.0005);
}

function spanOf(spans: readonly Span[]): Span | undefined {
  if (spans.length === 0) return undefined;
  return { from: Math.min(...spans.map(({ from }) => from)), to: Math.max(...spans.map(({ to }) => to)) };
}

/** Puts each training into the first lane that is free when it begins. */
function inLanes(trainings: readonly Training[]): readonly (readonly Training[])[] {
  const hasFinal = trainings.some(({ type }) => type === 'final');
  const lanes: Training[][] = [];
  for (const training of trainings.toSorted((a, b) => a.from - b.from)) {
    if (hasFinal && training.type === 'round') continue;
    // Times are rounded, and are measured slightly late.
    const free = lanes.find((lane) => (lane.at(-1)?.to ?? 0) <= training.from + 0.05);
    if (free === undefined) lanes.push([training]);
    else free.push(training);
  }
  return lanes;
}
