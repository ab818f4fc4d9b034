// Decides what a run computes with, before it begins or goes on.

import { DEVICES, type Device, deviceOf, isAccelerator } from '../engine/device.ts';
import { engineKind } from '../engine/engine-kind.ts';
import { chooseLowering, withLowering } from '../engine/lowering/choose-lowering.ts';
import { loadRuntime } from '../engine/node/load-runtime.ts';
import { fastestDevice, tryApart, tryDevices } from '../engine/node/try-devices.ts';
import type { Runtime } from '../engine/runtime.ts';
import { selfCheck } from '../engine/self-check.ts';
import { EngineError, InvalidInputError } from '../errors.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { LoweringName } from '../network/lowering/lowerings.ts';
import { grouped } from '../text/figures.ts';
import type { RunConfig, SearchConfig } from './config/config.ts';

export interface SettledEngine extends Pick<RunConfig, 'device' | 'lowering' | 'engineKind'> {
  /** What the user should know about it. */
  readonly notices: readonly string[];
}

export interface SettleOptions {
  /** Who computes, if not this machine. */
  readonly evaluator?: Pick<Evaluator, 'engineKind'> | undefined;
  /** Ends the trial of a device. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * For a new run: `auto` becomes the device that trains most images in a second, of those that pass their self-check.
 *
 * @param workers  number of processes, if it was given. Default: one per core, one on an accelerator.
 * @throws an `AbortError` if the signal is aborted.
 */
export async function settleDevice(
  config: SearchConfig,
  workers: number | undefined,
  { signal }: SettleOptions = {},
): Promise<{ readonly config: SearchConfig; readonly notices: readonly string[] }> {
  if (config.device !== 'auto') return { config, notices: [] };
  const reports = await tryDevices(
    DEVICES.filter((device) => device !== 'wasm'),
    { signal },
  );
  const { device = 'cpu', imagesPerSecond } = fastestDevice(reports, config.workers) ?? {};
  const speed =
    imagesPerSecond === undefined ? '' : `, where a process trains ${grouped(imagesPerSecond)} small images a second`;
  return {
    config: { ...config, device, workers: workers ?? (isAccelerator(device) ? 1 : config.workers) },
    notices: [`the device auto is ${device}${speed}; "auto-cnn devices" shows the others`],
  };
}

/**
 * For a new run: the fastest lowering that works, and the kind of engine that it makes. A kind that is already in the
 * configuration comes from another run, whose results this one need not repeat.
 *
 * @throws {InvalidInputError} if the lowering that is asked for does not work here.
 */
export async function settleEngine(config: SearchConfig, options: SettleOptions = {}): Promise<SettledEngine> {
  const { here, notices, ...settled } = await trySettling(config, options, true);
  const differs = config.engineKind !== undefined && config.engineKind !== here;
  const warning = `the configuration is of a run on another kind of engine (${config.engineKind}); here it is ${here}: results differ by rounding, and so may the search`;
  return { ...settled, engineKind: here, notices: differs ? [...notices, warning] : notices };
}

/**
 * For a run that goes on: it keeps what it began with, since results of two kinds differ. A run that was begun before there
 * were kinds has none, and goes on with its lowering alone.
 *
 * @throws {InvalidInputError} if it began on another kind of engine.
 */
export async function resettleEngine(config: SearchConfig, options: SettleOptions = {}): Promise<SettledEngine> {
  const { here, ...settled } = await trySettling(config, options, false);
  if (config.engineKind === undefined) return settled;
  if (here === config.engineKind) return { ...settled, engineKind: here };
  throw new InvalidInputError(
    `the run was begun on another kind of engine (${config.engineKind}); here it is ${here}, whose results differ by rounding: resume it where it was begun, or start a new search with "auto-cnn search --config" and its config.json`,
    { details: { expected: config.engineKind, received: here } },
  );
}

/** For a finished run, which computes nothing more. */
export function settledEngine({ lowering, engineKind: kind }: SearchConfig): SettledEngine {
  const name = lowering === 'auto' || lowering === 'blocked' ? 'plain' : lowering;
  return { lowering: name, ...(kind !== undefined && { engineKind: kind }), notices: [] };
}

type Settled = Omit<SettledEngine, 'engineKind'> & { readonly here: string };

/**
 * @param isNew  the run begins now; the device of one that goes on has been checked, and its kind tells whether it is the same.
 * @throws {InvalidInputError} if a device was chosen that does not work here.
 */
async function trySettling(config: SearchConfig, options: SettleOptions, isNew: boolean): Promise<Settled> {
  const device = deviceOf(config);
  try {
    return await settle(config, options, isNew);
  } catch (cause) {
    options.signal?.throwIfAborted();
    // The runtime's own errors have no class.
    if (device === 'cpu' || cause instanceof InvalidInputError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const cure = isNew ? 'train on the device cpu, or on another machine' : 'resume the run where it was begun';
    throw new InvalidInputError(`the device ${device} cannot be used: ${reason}; ${cure}`, {
      details: { device, reason },
      cause,
    });
  }
}

async function settle(config: SearchConfig, options: SettleOptions, isNew: boolean): Promise<Settled> {
  const device = deviceOf(config);
  if (isAccelerator(device)) return settleAccelerator(device, config, options, isNew);
  const runtime = await loadRuntime(device);
  const { name, notice } = await chooseLowering(runtime, config.lowering);
  if (isNew && device !== 'cpu') await requireSelfCheck(runtime, name);
  const here = await (options.evaluator?.engineKind?.(name) ?? engineKind(runtime, name));
  const notices = [runtime.notice, notice].filter((text) => text !== undefined);
  const fact = runtime.device !== 'cpu' && { device: runtime.device };
  return { ...fact, lowering: name, here, notices };
}

/** The driver is left to child processes. */
async function settleAccelerator(
  device: Device,
  { lowering: choice }: SearchConfig,
  { evaluator, signal }: SettleOptions,
  isNew: boolean,
): Promise<Settled> {
  const trial = { device, lowering: choice, isChecked: isNew, isMeasured: false };
  const found = await tryApart(trial, { signal });
  const { lowering, engineKind: kind, trouble } = found;
  if (lowering === undefined || kind === undefined) throw new EngineError(trouble ?? 'it cannot be tried');
  return { device, lowering, here: (await evaluator?.engineKind?.(lowering)) ?? kind, notices: [] };
}

/** Without a native engine there is none to compare with. */
async function requireSelfCheck(runtime: Runtime, lowering: LoweringName): Promise<void> {
  const reference = await loadRuntime();
  if (reference.device === runtime.device) return;
  const trouble = await selfCheck(await withLowering(runtime, lowering), reference);
  if (trouble !== undefined) throw new EngineError(`it failed its self-check: ${trouble}`, { details: { trouble } });
}
