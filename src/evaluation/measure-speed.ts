// Measures how fast this process trains: two figures for networks of any kind.

import { mean, median } from '../arithmetic/averages.ts';
import { withLowering } from '../engine/lowering/choose-lowering.ts';
import { openTrainingStep } from '../engine/measure.ts';
import type { Runtime } from '../engine/runtime.ts';
import { estimateCost, type NetworkInput } from '../genome/cost.ts';
import { parseGenome } from '../genome/text.ts';
import { BYTE_WORK, trainingWork } from '../genome/work.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';
import { madeUpNormalisation } from '../network/normalisation.ts';
import { createNetwork } from '../network/training-graph.ts';

/** How fast a process trains, see genome/work.ts. */
export interface TrainingSpeed {
  /** Work per second of a training, with all that is done between its steps. */
  readonly rate: number;
  /** FLOPs that could be computed while a byte is read or written. */
  readonly byteWork: number;
}

/** Networks that wait for memory, and others that compute: none is typical, all together are. */
const NETWORKS: readonly (readonly [genome: string, channels: number, side: number])[] = [
  ['max-8-8', 1, 28],
  ['8-8-max-16-16', 1, 28],
  ['max-16-16', 3, 32],
  ['8max8-16max16', 1, 28],
  ['max-max-64-128', 1, 28],
  ['16max32-32max64', 3, 16],
];
const BATCH = 64;
/**
 * Share of a training's time that its steps take; the rest goes into batches and results. Fitted with
 * bench/planned-time.mjs.
 */
const STEPS_SHARE = 0.92;
const ROUNDS = 4;
const RUNS = 4;
/** A slow device does not take all of a budget for it. */
const LONGEST_MS = 15_000;

/**
 * Takes about two seconds on a machine that has nothing else to do. When the time is up, it begins no further network, and
 * measures once each of those that it has begun; the byte's work is then the usual one.
 */
export async function measureSpeed(
  runtime: Runtime,
  lowering: LoweringName,
  longestMs = LONGEST_MS,
): Promise<TrainingSpeed> {
  const engine = await withLowering(runtime, lowering);
  const start = performance.now();
  const isTimeUp = (): boolean => performance.now() - start >= longestMs;
  const steps = [];
  for (const [text, channels, side] of NETWORKS) {
    if (steps.length > 0 && isTimeUp()) break;
    const problem: NetworkInput = { input: { channels, height: side, width: side }, classes: 10 };
    const genome = parseGenome(text);
    const { run, release } = await openTrainingStep(
      engine,
      createNetwork(genome, problem, madeUpNormalisation(problem)),
      BATCH,
    );
    await run();
    steps.push({ cost: estimateCost(genome, problem), run, release, seconds: [] as number[] });
  }
  // They take turns, because the speed of a busy machine changes.
  for (let round = 0; round < ROUNDS && !(round > 0 && isTimeUp()); round++) {
    for (const { run, seconds } of steps) {
      // Once unmeasured: the others have filled the caches.
      if (!isTimeUp()) await run();
      for (let i = 1; i < RUNS && !(i > 1 && isTimeUp()); i++) {
        const began = performance.now();
        await run();
        seconds.push((performance.now() - began) / 1000 / BATCH);
      }
    }
  }
  for (const { release } of steps) await release();
  // Other processes can only make a step slower, and the shortest tells what it costs; but they will go on doing so.
  const shortest = steps.map(({ cost, seconds }) => ({ cost, seconds: Math.min(...seconds) }));
  const byteWork = steps.length < NETWORKS.length ? BYTE_WORK : byteWorkOf(shortest);
  const rates = steps.map(({ cost, seconds }) => trainingWork(cost, { byteWork }) / median(seconds));
  return { rate: STEPS_SHARE * median(rates), byteWork };
}

interface Measured {
  readonly cost: Parameters<typeof trainingWork>[0];
  /** Of an image. */
  readonly seconds: number;
}

/** What a byte may cost, in FLOPs. On a busy machine, anything may be measured; finer steps cannot be told apart. */
const BYTE_WORKS = Array.from({ length: 12 }, (_, i) => 5 + 5 * i);

/** The weight of a byte with which the work per second of all networks is most alike. */
export function byteWorkOf(measured: readonly Measured[]): number {
  const spreads = BYTE_WORKS.map((byteWork) => {
    const rates = measured.map(({ cost, seconds }) => trainingWork(cost, { byteWork }) / seconds);
    const middle = mean(rates);
    return rates.reduce((sum, rate) => sum + (rate / middle - 1) * (rate / middle - 1), 0);
  });
  return BYTE_WORKS[spreads.indexOf(Math.min(...spreads))] ?? BYTE_WORK;
}
