// Measures how fast this process trains: one number for networks of any kind, in work per second.

import { power } from '../arithmetic/power.ts';
import { withLowering } from '../engine/lowering/choose-lowering.ts';
import { measureTrainingStep } from '../engine/measure.ts';
import type { Runtime } from '../engine/runtime.ts';
import { estimateCost, type NetworkInput } from '../genome/cost.ts';
import { parseGenome } from '../genome/text.ts';
import { trainingWork } from '../genome/work.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';
import { createNetwork } from '../network/training-graph.ts';

/** Networks of typical size: one with large feature maps and few filters, one the other way round. */
const GENOMES = ['8-16-max-16-16', 'max-16-16-max-32-32'];
const PROBLEM: NetworkInput = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const NORMALISATION = { mean: [128], std: [64] };
const BATCH = 64;
const REPEATS = 8;

/** Work that this process does per second of training (genome/work.ts). Takes less than two seconds. */
export async function measureRate(runtime: Runtime, lowering: LoweringName): Promise<number> {
  const engine = await withLowering(runtime, lowering);
  let product = 1;
  for (const text of GENOMES) {
    const genome = parseGenome(text);
    const network = createNetwork(genome, PROBLEM, NORMALISATION);
    const { ms } = await measureTrainingStep(engine, network, { batch: BATCH, repeats: REPEATS });
    product *= (BATCH * trainingWork(estimateCost(genome, PROBLEM)) * 1000) / ms;
  }
  // Geometric mean.
  return power(product, 1 / GENOMES.length);
}
