import { describe, expect, it } from 'vitest';
import { alteredRuntime } from '../../../test/support/altered-runtime.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { EngineError } from '../../errors.ts';
import { gpu } from '../../network/lowering/gpu.ts';
import type { Device } from '../device.ts';
import { engineKind } from '../engine-kind.ts';
import { chooseLowering } from '../lowering/choose-lowering.ts';
import type { Runtime } from '../runtime.ts';
import { tryDevice } from './try-device.ts';

/** The processor stands in for accelerators. */
const as = (device: Device, stand: Runtime = runtime): Runtime => ({
  ...stand,
  device,
  name: `${device} 1`,
  lowering: gpu,
});

/** Its kernels give far too large losses. */
const broken = alteredRuntime(runtime, ({ loss }) => {
  const values = loss?.data as Float32Array | undefined;
  if (values !== undefined) values[0] = 2 * (values[0] ?? 0);
});

const WHOLE = { isChecked: true, isMeasured: true };

describe('tryDevice', () => {
  it('checks and measures what works', async () => {
    expect(await tryDevice({ device: 'cpu', ...WHOLE }, async () => runtime)).toMatchObject({
      device: 'cpu',
      runtime: runtime.name,
      imagesPerSecond: expect.any(Number),
    });
    // A last bit is within the tolerance.
    const other = as('webgpu', alteredRuntime(runtime));
    const report = await tryDevice({ device: 'webgpu', ...WHOLE }, async (name) => (name === 'cpu' ? runtime : other));
    expect(report).toEqual({
      device: 'webgpu',
      runtime: 'webgpu 1',
      lowering: 'gpu',
      engineKind: await engineKind(other, 'gpu'),
      imagesPerSecond: expect.any(Number),
    });
  });

  it('says what is wrong with a device, if it is asked to look', async () => {
    const load = async (name: Device) => (name === 'cpu' ? runtime : as('webgpu', broken));
    expect(await tryDevice({ device: 'webgpu', ...WHOLE }, load)).toEqual({
      device: 'webgpu',
      runtime: 'webgpu 1',
      lowering: 'gpu',
      trouble:
        'it failed its self-check: after 3 steps (every layer), its losses differ by 1.0 from what plain graphs on the processor compute',
    });
    const unchecked = await tryDevice({ device: 'webgpu', isChecked: false, isMeasured: false }, load);
    expect(unchecked).toMatchObject({ engineKind: expect.stringMatching(/^webgpu 1, gpu, /) });
  });

  it('says why a device cannot be loaded, or not with a lowering', async () => {
    const load = async (name: Device) => {
      if (name === 'coreml') throw new EngineError('there is no such provider');
      return as(name);
    };
    expect(await tryDevice({ device: 'coreml', ...WHOLE }, load)).toEqual({
      device: 'coreml',
      trouble: 'there is no such provider',
    });
    // The runtime behind it has one of the two.
    const missing = (await chooseLowering(runtime, 'auto')).name === 'blocked-8' ? 'blocked-16' : 'blocked-8';
    expect(await tryDevice({ device: 'webgpu', lowering: missing, ...WHOLE }, load)).toMatchObject({
      trouble: expect.stringContaining(`the lowering ${missing} cannot be had`),
    });
  });

  it('does not show the fall-back of the processor as the processor', async () => {
    const fallback = { ...runtime, device: 'wasm' as const, notice: 'it is slower' };
    expect(await tryDevice({ device: 'cpu', ...WHOLE }, async () => fallback)).toEqual({
      device: 'cpu',
      trouble: 'it is slower',
    });
  });
});
