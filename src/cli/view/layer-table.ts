// A network as a table: one row a layer, then the totals.

import type { ImageShape, NetworkCost } from '../../index.ts';
import { formatLayerTable, layerTableOf, type Timing } from '../../internal.ts';
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
  const [head = '', ...rows] = formatLayerTable(layerTableOf(input, cost)).split('\n');
  const total = rows.pop() ?? '';
  return [
    `Genome  ${colours.bold(shownGenome(genome))}`,
    '',
    colours.bold(head),
    ...rows,
    colours.bold(total),
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
