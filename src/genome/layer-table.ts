// A network as a table: one row per layer, then the totals.

import { grouped, scaled } from '../text/figures.ts';
import type { NetworkCost } from './cost.ts';
import { formatImageShape, type ImageShape } from './image-shape.ts';

export interface LayerTable {
  readonly head: readonly string[];
  /** The input, then one row per layer. */
  readonly rows: readonly (readonly string[])[];
  readonly total: readonly string[];
}

/** Names are left-aligned, figures right-aligned. */
const TEXT_COLUMNS = 2;

/** The cells of the table. Shapes have their channels last; FLOPs and activation memory are for one image. */
export function layerTableOf(input: ImageShape, cost: NetworkCost): LayerTable {
  const rows = cost.layers.map((layer) => [layer.name, shapeText(layer.outputShape), ...figures(layer)]);
  return {
    head: ['Layer', 'Output', 'Parameters', 'FLOPs', 'Activations'],
    rows: [['input', formatImageShape(input), '', '', ''], ...rows],
    total: ['total', '', ...figures(cost)],
  };
}

/** The table as plain text, one line per row. */
export function formatLayerTable({ head, rows, total }: LayerTable): string {
  const lines = [head, ...rows, total];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const aligned = (text: string, column: number): string =>
    column < TEXT_COLUMNS ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return lines.map((cells) => cells.map(aligned).join('   ').trimEnd()).join('\n');
}

function shapeText([channels = 0, height, width]: readonly number[]): string {
  return height === undefined || width === undefined ? String(channels) : formatImageShape({ channels, height, width });
}

function figures({
  parameters,
  flops,
  activationBytes,
}: Pick<NetworkCost, 'parameters' | 'flops' | 'activationBytes'>): string[] {
  return [grouped(parameters), scaled(flops, ''), scaled(activationBytes, 'B')];
}
