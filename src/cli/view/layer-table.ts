// A network as a table: one row a layer, then the totals.

import Table from 'cli-table3';
import { formatImageShape, type ImageShape, type NetworkCost, type Timing } from '../../index.ts';
import type { Colours } from '../terminal.ts';
import { grouped, scaled, shownGenome } from './format.ts';

export interface Timings {
  readonly trainingStep: Timing;
  readonly inference: Omit<Timing, 'threads'>;
}

export function describeNetwork(
  genome: string,
  input: ImageShape,
  cost: NetworkCost,
  timings: Timings | undefined,
  colours: Colours,
): string[] {
  const { layers, parameters, flops, activationBytes } = cost;
  const table = new Table({
    head: ['Layer', 'Output', 'Parameters', 'FLOPs', 'Activations'].map((name) => colours.bold(name)),
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 3 },
  });
  table.push(['input', formatImageShape(input), '', '', '']);
  for (const layer of layers) table.push([layer.name, shapeText(layer.outputShape), ...figures(layer)]);
  table.push(['total', '', ...figures({ parameters, flops, activationBytes })].map((text) => colours.bold(text)));
  return [
    `Genome  ${colours.bold(shownGenome(genome))}`,
    '',
    ...table
      .toString()
      .split('\n')
      .map((line) => line.trimEnd()),
    '',
    'FLOPs are of the forward pass; FLOPs and activations are for one image.',
    ...(timings === undefined ? [] : ['', ...describeTimings(timings)]),
  ];
}

function describeTimings({ trainingStep, inference }: Timings): string[] {
  const { batch, threads, ms } = trainingStep;
  return [
    `Training step  ${ms.toFixed(2)} ms (batch ${batch}, ${threads} thread${threads === 1 ? '' : 's'})`,
    `Inference      ${inference.ms.toFixed(3)} ms an image (batch ${inference.batch})`,
  ];
}

/** Channels last, as `--input` has them. */
function shapeText([channels = 0, height, width]: readonly number[]): string {
  return height === undefined || width === undefined ? String(channels) : formatImageShape({ channels, height, width });
}

function figures(cost: Pick<NetworkCost, 'parameters' | 'flops' | 'activationBytes'>): string[] {
  return [grouped(cost.parameters), scaled(cost.flops, ''), scaled(cost.activationBytes, 'B')];
}

const NO_BORDERS = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((name) => [name, '']),
);
