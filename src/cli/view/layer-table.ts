// A network as a table: one row a layer, then the totals.

import Table from 'cli-table3';
import { type ImageShape, layerTableOf, type NetworkCost, type Timing } from '../../index.ts';
import type { Colours } from '../terminal.ts';
import { shownGenome } from './format.ts';

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
  const { head, rows, total } = layerTableOf(input, cost);
  const table = new Table({
    head: head.map((name) => colours.bold(name)),
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 3 },
  });
  table.push(
    ...rows.map((row) => [...row]),
    total.map((text) => colours.bold(text)),
  );
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
