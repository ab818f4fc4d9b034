// The frame of a chart: two axes with ticks and names.

import type { ScaleContinuousNumeric } from 'd3-scale';
import { html, type Markup } from '../parts/markup.ts';
import { WIDTH } from '../parts/picture.ts';
import { colour } from '../parts/theme.ts';

/** Bounds of the plot area, and the height of the chart. */
export const FRAME = { left: 54, right: WIDTH - 14, top: 44, bottom: 210, height: 250 } as const;

export interface Axis {
  readonly scale: ScaleContinuousNumeric<number, number>;
  readonly name: string;
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

export function axes(x: Axis, y: Axis): Markup {
  const { left, right, top, bottom } = FRAME;
  const rows = y.ticks.map((value) => {
    const at = round(y.scale(value));
    return html`<line x1="${left}" x2="${right}" y1="${at}" y2="${at}" stroke="${colour('line')}"/><text x="${left - 6}" y="${at + 4}" text-anchor="end">${y.format(value)}</text>`;
  });
  const columns = x.ticks.map((value) => {
    const at = round(x.scale(value));
    return html`<line x1="${at}" x2="${at}" y1="${bottom}" y2="${bottom + 4}" stroke="${colour('muted')}"/><text x="${at}" y="${bottom + 16}" text-anchor="middle">${x.format(value)}</text>`;
  });
  return html`<g fill="${colour('muted')}" font-size="12">${rows}${columns}<line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="${colour('muted')}"/><text x="${(left + right) / 2}" y="${bottom + 34}" text-anchor="middle">${x.name}</text><text x="4" y="${top - 12}">${y.name}</text></g>`;
}

/** Only the integer ticks: half an epoch has no name. */
export function wholeTicks(scale: ScaleContinuousNumeric<number, number>, count = 6): readonly number[] {
  return scale.ticks(count).filter(Number.isInteger);
}

/** `20K`, `1.5M`. */
export const compact = (value: number): string => COMPACT.format(value);
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact' });

/** One decimal is precise enough for a picture. */
export const round = (value: number): number => Math.round(value * 10) / 10;

/** A domain around values; a single value gets some room, too. */
export function extentOf(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (low < high) return [low, high];
  const room = Math.abs(low) * 0.1 || 0.1;
  return [low - room, high + room];
}
