// Which devices of this machine train, and how fast: each is loaded, checked and measured.

import { parseGenome } from '../../genome/text.ts';
import type { LoweringName } from '../../network/lowering/lowerings.ts';
import { madeUpNormalisation } from '../../network/normalisation.ts';
import { createNetwork } from '../../network/training-graph.ts';
import { DEVICES, type Device, isAccelerator } from '../device.ts';
import { chooseLowering, withLowering } from '../lowering/choose-lowering.ts';
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
  /** What one process trains in a second, measured. Absent if there is trouble. */
  readonly imagesPerSecond?: number;
  /** Nobody has reported a run on such a device yet. */
  readonly isUntested?: true;
}

/** The genome that is measured, on images of 28×28. */
export const MEASURED_GENOME = '16-16-max-32-32';
const MEASURED_PROBLEM = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };
const MEASURED_BATCH = 64;
/** Steps are measured for at least this long, and at least once. */
const MEASURED_MS = 1000;

const UNTESTED: readonly Device[] = ['cuda', 'coreml', 'dml'];

/** Tries devices one after the other. It does not throw. */
export async function tryDevices(
  devices: readonly Device[] = DEVICES,
  load: (device: Device) => Promise<Runtime> = loadRuntime,
): Promise<readonly DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const device of devices) {
    const untested = UNTESTED.includes(device) && { isUntested: true as const };
    const report = await tryDevice(device, load).catch((error: unknown) => ({
      trouble: error instanceof Error ? error.message : String(error),
    }));
    reports.push({ device, ...report, ...untested });
  }
  return reports;
}

/**
 * The device on which a search trains most images in a second; the processor trains with a process on each core.
 *
 * @returns undefined if none works.
 */
export function fastestDevice(reports: readonly DeviceReport[], cores: number): DeviceReport | undefined {
  const speedOf = ({ device, imagesPerSecond = 0 }: DeviceReport) =>
    imagesPerSecond * (isAccelerator(device) ? 1 : cores);
  const working = reports.filter(({ trouble }) => trouble === undefined);
  return working.toSorted((a, b) => speedOf(b) - speedOf(a))[0];
}

async function tryDevice(
  device: Device,
  load: (device: Device) => Promise<Runtime>,
): Promise<Omit<DeviceReport, 'device'>> {
  const runtime = await load(device);
  // Where the native engine is missing, the processor has WebAssembly.
  if (runtime.device !== device) return { trouble: runtime.notice ?? `it is ${runtime.device}` };
  const { name: lowering } = await chooseLowering(runtime, 'auto');
  const engine = await withLowering(runtime, lowering);
  const found = { runtime: runtime.name, lowering };
  const reference = await load('cpu');
  const trouble = reference === runtime ? undefined : await selfCheck(engine, reference);
  if (trouble !== undefined) return { ...found, trouble: `it failed its self-check: ${trouble}` };
  return { ...found, imagesPerSecond: await measureRate(engine) };
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
