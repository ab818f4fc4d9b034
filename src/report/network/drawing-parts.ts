// The SVG elements of a network drawing. Colours are classes, so that a page can change them.

import { escapeXml } from '../../text/escape-xml.ts';

/** By name: the colour on a light page and on a dark page. */
const COLOURS = {
  background: ['#ffffff', '#11161f'],
  text: ['#1c2430', '#e6eaf0'],
  muted: ['#5b6675', '#9aa6b5'],
  line: ['#7c8797', '#8592a3'],
  panel: ['#f1f4f8', '#1a212d'],
  convolution: ['#bcd7f7', '#22497a'],
  strip: ['#dfe6ee', '#323d4d'],
  pooling: ['#f8cfc0', '#7a3b2a'],
  head: ['#cfe8c6', '#2c5a35'],
  end: ['#f7e3a9', '#5f4d16'],
} as const;
type Colour = keyof typeof COLOURS;

/**
 * Defines each colour twice: programs without support for custom properties ignore the second definition. Programs without
 * support for media queries show the light colours.
 */
export const STYLE = [
  '.auto-cnn-drawing{max-width:100%;height:auto;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}',
  ...rules(0),
  `@media (prefers-color-scheme:dark){${rules(1).join('')}}`,
].join('');

function rules(scheme: 0 | 1): string[] {
  return Object.entries(COLOURS).map(([name, colours]) => {
    const colour = colours[scheme];
    const property = name === 'line' ? 'stroke' : 'fill';
    const fill = name === 'line' ? 'fill:none;' : '';
    return `.drawing-${name}{${fill}${property}:${colour};${property}:var(--drawing-${name},${colour})}`;
  });
}

export interface TextStyle {
  readonly size?: number;
  readonly colour?: 'text' | 'muted';
  readonly anchor?: 'start' | 'middle';
  readonly weight?: number;
}

/** A line of text whose letters are centred on `y`. */
export function label(content: string, x: number, y: number, style: TextStyle = {}): string {
  const { size = 12, colour = 'text', anchor = 'middle', weight } = style;
  const bold = weight === undefined ? '' : ` font-weight="${weight}"`;
  // Half the height of capitals below the middle; not every program supports dominant-baseline.
  const baseline = round(y + 0.36 * size);
  return `<text class="drawing-${colour}" x="${round(x)}" y="${baseline}" font-size="${size}" text-anchor="${anchor}"${bold}>${escapeXml(content)}</text>`;
}

export interface Box {
  readonly centre: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function rectangle({ centre, top, width, height }: Box, colour: Colour, radius: number): string {
  return `<rect class="drawing-${colour}" x="${round(centre - width / 2)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" rx="${radius}"/>`;
}

/** A rectangle with text in it. */
export function bar(content: string, box: Box, colour: Colour, size = 12): string {
  const middle = box.top + box.height / 2;
  return rectangle(box, colour, Math.min(4, box.height / 4)) + label(content, box.centre, middle, { size });
}

/** A trapezium from one width to another, with text in it. */
export function funnel(content: string, box: Box, widthBelow: number, colour: Colour): string {
  const { centre, top, width, height } = box;
  const [left, right] = [round(centre - width / 2), round(centre + width / 2)];
  const [leftBelow, rightBelow] = [round(centre - widthBelow / 2), round(centre + widthBelow / 2)];
  const outline = `M${left} ${round(top)}H${right}L${rightBelow} ${round(top + height)}H${leftBelow}Z`;
  return `<path class="drawing-${colour}" d="${outline}"/>${label(content, centre, top + height / 2)}`;
}

export function line(path: string): string {
  return `<path class="drawing-line" stroke-width="1.5" d="${path}"/>`;
}

/** A downward arrow. */
export function arrow(x: number, from: number, to: number): string {
  const [end, shoulder] = [round(to - 1), round(to - 5)];
  return line(`M${x} ${round(from)}V${end}M${x - 4} ${shoulder}L${x} ${end}L${x + 4} ${shoulder}`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
