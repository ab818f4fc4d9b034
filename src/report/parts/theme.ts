// The colours of a report, light and dark. Charts refer to them as custom properties.

import { Markup } from './markup.ts';

const COLOURS = {
  page: ['#f6f8fa', '#0d1117'],
  surface: ['#ffffff', '#161b22'],
  ink: ['#1f2328', '#e6edf3'],
  muted: ['#59636e', '#9198a1'],
  line: ['#d1d9e0', '#30363d'],
  dot: ['#8c959f', '#7d8590'],
  blue: ['#0969da', '#58a6ff'],
  orange: ['#bc4c00', '#f0883e'],
  green: ['#1a7f37', '#3fb950'],
  red: ['#cf222e', '#ff7b72'],
} as const;

export type Colour = keyof typeof COLOURS;

export const colour = (name: Colour): string => `var(--${name})`;

/** Light by default, and dark for readers who prefer a dark theme. */
export function themeCss(): string {
  const names = Object.keys(COLOURS) as Colour[];
  const of = (which: 0 | 1): string => names.map((name) => `--${name}:${COLOURS[name][which]}`).join(';');
  return `:root{color-scheme:light dark;${of(0)}}@media (prefers-color-scheme:dark){:root{${of(1)}}}`;
}

/** Replaces custom properties by light colours, for picture files: few programs other than browsers support them. */
export function withLightColours(svg: Markup): Markup {
  const replaced = svg.text.replaceAll(/var\(--(\w+)\)/g, (whole, name: string) =>
    name in COLOURS ? COLOURS[name as Colour][0] : whole,
  );
  return new Markup(replaced);
}
