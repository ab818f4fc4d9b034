// Whether this machine trains on a device, and how fast: it is loaded, checked and measured in this process.

import { parseGenome } from '../../genome/text.ts';
import type { LoweringName } from '../../network/lowering/lowerings.ts';
import { madeUpNormalisation } from '../../network/normalisation.ts';
import { createNetwork } from '../../network/training-graph.ts';
import type { Device } from '../device.ts';
import { engineKind } from '../engine-kind.ts';
import { chooseLowering, type LoweringChoice, withLowering } from '../lowering/choose-lowering.ts';
import { openTrainingStep } from '../measure.ts';
import type { Runtime } from '../runtime.ts';
import { selfCheck } from '../self-check.ts';
import { loadRuntime } from './load-runtime.ts';

export interface DeviceReport {
  readonly device: Device;
  /** Name and version, if it could be loaded. */
  readonly runtime?: string;
  readonly lowering?: LoweringName;
  /** Why it is not used. */
  readonly trouble?: string;
  /** The kind of engine that it makes. Absent if there is trouble. */
  readonly engineKind?: string;
  /** What one process trains in a second, if it was measured. */
  readonly imagesPerSecond?: number;
  /** Nobody has reported a run on such a device yet. */
  readonly isUntested?: true;
}

export interface TrialOptions {
  readonly device: Device;
  /** Default: the fastest that works. */
  readonly lowering?: LoweringChoice;
  /** A run that goes on needs no self-check: the kind of engine tells whether the device is the same. */
  readonly isChecked: boolean;
  readonly isMeasured: boolean;
}

/** The genome that is measured, on images of 28×28. */
export const MEASURED_GENOME = '16-16-max-32-32';
const MEASURED_PROBLEM = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const MEASURED_BATCH = 64;
/** Steps are measured for at least this long, and at least once. */
const MEASURED_MS = 1000;

/** It does not throw. */
export async function tryDevice(
  options: TrialOptions,
  load: (device: Device) => Promise<Runtime> = loadRuntime,
): Promise<DeviceReport> {
  const { device } = options;
  const report = await tryOut(options, load).catch((error: unknown) => ({
    trouble: error instanceof Error ? error.message : String(error),
  }));
  return { device, ...report };
}

async function tryOut(
  { device, lowering: choice = 'auto', isChecked, isMeasured }: TrialOptions,
  load: (device: Device) => Promise<Runtime>,
): Promise<Omit<DeviceReport, 'device'>> {
  const runtime = await load(device);
  // Where the native engine is missing, the processor has WebAssembly.
  if (runtime.device !== device) return { trouble: runtime.notice ?? `it is ${runtime.device}` };
  const { name: lowering } = await chooseLowering(runtime, choice);
  const engine = await withLowering(runtime, lowering);
  const found = { runtime: runtime.name, lowering };
  const reference = isChecked ? await load('cpu') : runtime;
  const trouble = reference.device === device ? undefined : await selfCheck(engine, reference);
  if (trouble !== undefined) return { ...found, trouble: `it failed its self-check: ${trouble}` };
  const kind = await engineKind(runtime, lowering);
  return { ...found, engineKind: kind, ...(isMeasured && { imagesPerSecond: await measureRate(engine) }) };
}

async function measureRate(engine: Runtime): Promise<number> {
  const network = createNetwork(parseGenome(MEASURED_GENOME), MEASURED_PROBLEM, madeUpNormalisation(MEASURED_PROBLEM));
  const { run, release } = await openTrainingStep(engine, network, MEASURED_BATCH);
  try {
    for (let i = 0; i < (engine.warmUpRuns ?? 1); i++) await run();
    const began = performance.now();
    let [steps, ms] = [0, 0];
    while (ms < MEASURED_MS) {
      await run();
      steps++;
      ms = performance.now() - began;
    }
    return Number(((steps * MEASURED_BATCH * 1000) / ms).toPrecision(3));
  } finally {
    await release();
  }
}
