// Numbers, times and bars as people read them.

import { relative, sep } from 'node:path';

export {
  counted,
  countedParts,
  duration,
  grouped,
  intervalText,
  percent,
  scaled,
  shownGenome,
} from '../../internal.ts';

export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** One block per value, scaled from the lowest to the highest. More than `width` values are thinned out; the last one stays. */
export function sparkline(values: readonly number[], width: number): string {
  const blocks = '▁▂▃▄▅▆▇█';
  const count = Math.min(width, values.length);
  const shown = Array.from({ length: count }, (_, i) => values[Math.ceil(((i + 1) * values.length) / count) - 1] ?? 0);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const step = high > low ? (blocks.length - 1) / (high - low) : 0;
  return shown.map((value) => blocks[Math.round((value - low) * step)]).join('');
}

/** Cut to `width`, the cut marked. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 1 ? '…'.slice(0, Math.max(0, width)) : `${text.slice(0, width - 1)}…`;
}

/** Cut in the middle, since the beginning and the end of a genome tell most. */
export function shortenMiddle(text: string, width: number): string {
  if (text.length <= width || width < 3) return shorten(text, width);
  const end = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - end)}…${text.slice(-end)}`;
}

/** Replaces the symbols of the views one for one, for terminals without Unicode. */
export function toAscii(text: string): string {
  return text.replace(/[░▁▂▃▄▅▆▇█✔✖●·…±]/g, (sign) => ASCII[sign] ?? '?');
}

const ASCII: Readonly<Record<string, string>> = {
  ...{ '░': '.', '▁': '_', '▂': '.', '▃': '-', '▄': '~', '▅': '=', '▆': '+', '▇': '*', '█': '#' },
  ...{ '✔': '+', '✖': 'x', '●': '*', '·': '-', '…': '~', '±': '~' },
};

/** Cut or filled to exactly `width`. */
export function cell(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const short = shorten(text, width);
  return align === 'left' ? short.padEnd(width) : short.padStart(width);
}

/** Relative to the working directory if the path lies below it, otherwise absolute. */
export function shownPath(path: string, from = process.cwd()): string {
  const way = relative(from, path);
  return way === '' || way === '..' || way.startsWith(`..${sep}`) ? path : way;
}

/** Quoted where a shell needs that to take it as one word. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
