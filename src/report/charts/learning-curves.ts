// Draws the learning curves of the winner, in the search and in the final training.

import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { FinalEntry } from '../../search/records/journal-entry.ts';
import { percent } from '../parts/format.ts';
import { html } from '../parts/markup.ts';
import { tickText } from '../parts/metric-text.ts';
import { drawing, legend, type Picture } from '../parts/picture.ts';
import { colour } from '../parts/theme.ts';
import type { RunRecords } from '../read-run.ts';
import { axes, extentOf, FRAME, round, wholeTicks } from './axes.ts';

interface Series {
  readonly name: string;
  readonly stroke: string;
  readonly dash?: string;
  readonly points: readonly { readonly epoch: number; readonly value: number }[];
}

const KINDS = {
  accuracy: { title: 'Accuracy by epoch', validation: 'validationAccuracy' },
  loss: { title: 'Loss by epoch', validation: 'validationLoss' },
} as const;

export function learningCurves(records: RunRecords, kind: keyof typeof KINDS): Picture {
  const { candidates, finalTraining } = records;
  const { title, validation } = KINDS[kind];
  const id = `learning-${kind}`;
  const search = candidates.find(({ isWinner }) => isWinner)?.entry.history ?? [];
  const final = finalTraining?.history ?? [];
  const all: readonly Series[] = [
    { name: 'training', stroke: colour('dot'), points: pointsOf(search, kind) },
    { name: 'validation', stroke: colour('orange'), points: pointsOf(search, validation) },
    { name: 'final training', stroke: colour('blue'), points: pointsOf(final, kind) },
  ];
  const series = all.filter(({ points }) => points.length > 0);
  if (series.length === 0) return { id, title, note: 'No epoch of the network is recorded.' };
  const { left, right, top, bottom, height } = FRAME;
  const points = series.flatMap((one) => one.points);
  const x = scaleLinear([0, Math.max(1, ...points.map(({ epoch }) => epoch))], [left, right - 8]);
  const y = scaleLinear(extentOf(points.map(({ value }) => value)), [bottom, top]).nice();
  const path = line<{ epoch: number; value: number }>()
    .x(({ epoch }) => round(x(epoch)))
    .y(({ value }) => round(y(value)));
  const lines = series.map(({ stroke, points: own }) => [
    html`<path d="${path([...own]) ?? ''}" fill="none" stroke="${stroke}" stroke-width="2"/>`,
    own.length > 40
      ? undefined
      : own.map(
          ({ epoch, value }) =>
            html`<circle cx="${round(x(epoch))}" cy="${round(y(value))}" r="2.5" fill="${stroke}"/>`,
        ),
  ]);
  const last = series.map(({ name, points: own }) => `${name} ${text(kind, own.at(-1)?.value)}`).join(', ');
  return {
    id,
    title,
    svg: drawing(
      { name: `${title}; at the end: ${last}`, height },
      axes(
        { scale: x, name: 'epoch', ticks: wholeTicks(x), format: String },
        { scale: y, name: kind, ticks: y.ticks(5), format: tickText(kind, y.ticks(5)) },
      ),
      lines,
      legend(series.map(({ name, stroke }) => ({ name, fill: stroke }))),
    ),
    table: {
      head: ['Epoch', ...series.map(({ name }) => name)],
      rows: [...new Set(points.map(({ epoch }) => epoch))]
        .toSorted((a, b) => a - b)
        .map((epoch) => [
          epoch,
          ...series.map((one) => text(kind, one.points.find((point) => point.epoch === epoch)?.value)),
        ]),
    },
  };
}

function pointsOf(history: FinalEntry['history'], key: 'accuracy' | 'loss' | 'validationAccuracy' | 'validationLoss') {
  return history.flatMap((record) => {
    const value = record[key];
    return value === undefined ? [] : [{ epoch: record.epoch, value }];
  });
}

function text(kind: keyof typeof KINDS, value: number | undefined): string {
  if (value === undefined) return '–';
  return kind === 'accuracy' ? percent(value) : value.toFixed(4);
}
