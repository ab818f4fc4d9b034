// Prints a resolved configuration: key, value, and where the value comes from.

import type { Setting } from '../options/config-origins.ts';

const GAP = '  ';

/** Aligned lines, one per setting, no wider than `width`. Long lists wrap; other long texts are cut. */
export function configText(settings: readonly Setting[], width: number): string {
  const keyWidth = Math.max(...settings.map(({ key }) => key.length));
  const fromWidth = Math.max(...settings.map(({ from }) => fromLength(from)));
  const valueWidth = Math.max(1, width - keyWidth - fromWidth - 2 * GAP.length);
  const rows = settings.map(({ key, value, from }) => ({
    key,
    parts: wrapped(shownValue(key, value), valueWidth),
    from: cut(from, fromWidth),
  }));
  const used = Math.max(...rows.flatMap(({ parts }) => parts.map((part) => part.length)));
  const lines = rows.flatMap(({ key, parts, from }) =>
    parts.map((part, index) => {
      const first = index === 0;
      return [(first ? key : '').padEnd(keyWidth), part.padEnd(used), first ? from : ''].join(GAP).trimEnd();
    }),
  );
  return `${lines.join('\n')}\n`;
}

/** Paths of files may be cut; flags are not. */
const fromLength = (from: string): number => (from.startsWith('--') ? from.length : Math.min(from.length, 22));

function shownValue(key: string, value: unknown): string {
  if (key === 'outputLayer' && Array.isArray(value)) return value.map(shownLayer).join(',');
  if (Array.isArray(value)) return value.map(shownEntry).join(',');
  if (value === null || typeof value === 'object') return 'none';
  return String(value);
}

/** As `--head` takes it, but with the layer at the end. */
function shownLayer(layer: Readonly<Record<string, unknown>>): string {
  if (layer.type === 'globalAveragePooling') return 'gap';
  if (layer.type === 'dense') return String(layer.units);
  return layer.type === 'dropout' ? `dropout=${layer.rate}` : String(layer.type);
}

/** A step of a schedule: `149:0.1`. */
function shownEntry(entry: unknown): string {
  return typeof entry === 'object' && entry !== null ? Object.values(entry).join(':') : String(entry);
}

/** Broken after commas. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const part of text.split(/(?<=,)/)) {
    const line = `${lines.at(-1) ?? ''}${part}`;
    if (lines.length > 0 && line.length <= width) lines[lines.length - 1] = line;
    else lines.push(part);
  }
  return lines.map((line) => cut(line, width));
}

/** The end of a path says more than its start. */
function cut(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}
