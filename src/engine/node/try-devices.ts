// Which devices of this machine train, and how fast. Each is tried in a process of its own: a driver may end it, or write to
// its terminal.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoweringName } from '../../network/lowering/lowerings.ts';
import { DEVICES, type Device, isAccelerator } from '../device.ts';
import type { DeviceReport, TrialOptions } from './try-device.ts';

const CHILD = new URL('./device-child.js', import.meta.url);
/** A driver that hangs answers never. */
const LONGEST_MS = 10 * 60_000;

const UNTESTED: readonly Device[] = ['cuda', 'coreml', 'dml'];

/** What works, as children of this process have found, by device and lowering. */
const working = new Map<string, DeviceReport & Pick<TrialOptions, 'isChecked'>>();
const keyOf = (device: Device, lowering: string) => `${device} ${lowering}`;

export interface ChildOptions {
  /** Of the children; the built one unless a test says otherwise. */
  readonly script?: URL;
  /** Ends the child, which may compile shaders for a minute. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tries and measures devices one after the other.
 *
 * @throws an `AbortError` if the signal is aborted.
 */
export async function tryDevices(devices = DEVICES, child?: ChildOptions): Promise<readonly DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const device of devices) {
    reports.push(await tryApart({ device, isChecked: true, isMeasured: true }, child));
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
  const passed = reports.filter(({ trouble }) => trouble === undefined);
  return passed.toSorted((a, b) => speedOf(b) - speedOf(a))[0];
}

/**
 * Tries a device in a child process, unless one has found that it works.
 *
 * @throws an `AbortError` if the signal is aborted.
 */
export async function tryApart(options: TrialOptions, child?: ChildOptions): Promise<DeviceReport> {
  const { device, lowering = 'auto', isChecked, isMeasured } = options;
  const known = working.get(keyOf(device, lowering));
  if (known !== undefined && !isMeasured && (known.isChecked || !isChecked)) return known;
  const answer = await askChild(options, child);
  const report: DeviceReport = { ...answer, ...(UNTESTED.includes(device) && { isUntested: true }) };
  if (report.trouble === undefined) {
    for (const name of [lowering, report.lowering ?? lowering])
      working.set(keyOf(device, name), { ...report, isChecked });
  }
  return report;
}

/** The kind of engine that a child of this process has found, if one has tried the device with that lowering. */
export function kindTriedApart(device: Device, lowering: LoweringName): string | undefined {
  return working.get(keyOf(device, lowering))?.engineKind;
}

function askChild(options: TrialOptions, { script = CHILD, signal }: ChildOptions = {}): Promise<DeviceReport> {
  const child = fork(fileURLToPath(script), [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
    ...(signal && { signal }),
  });
  let [said, report]: [string, DeviceReport | undefined] = ['', undefined];
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-1000);
  });
  child.once('message', (message: DeviceReport) => {
    report = message;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const end = child.killed ? `after ${LONGEST_MS / 60_000} minutes` : `with ${signal ?? `exit code ${code}`}`;
      const last = said.trim().split('\n').at(-1);
      const trouble = `the process that tried it ended ${end}${last ? `; its last words: ${last}` : ''}`;
      resolve(report ?? { device: options.device, trouble });
    });
  });
}
