import { describe, expect, it } from 'vitest';
import { alteredRuntime } from '../../../test/support/altered-runtime.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { EngineError } from '../../errors.ts';
import { gpu } from '../../network/lowering/gpu.ts';
import type { Device } from '../device.ts';
import type { Runtime } from '../runtime.ts';
import { fastestDevice, tryDevices } from './try-devices.ts';

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

describe('tryDevices', () => {
  it('measures what passes, and says of the rest why it is not used', async () => {
    const load = async (device: Device) => {
      if (device === 'cpu') return runtime;
      if (device === 'coreml') throw new EngineError('there is no such provider');
      return as(device, device === 'cuda' ? broken : alteredRuntime(runtime));
    };
    const [cpu, webgpu, cuda, coreml] = await tryDevices(['cpu', 'webgpu', 'cuda', 'coreml'], load);
    expect(cpu).toMatchObject({ device: 'cpu', runtime: runtime.name, imagesPerSecond: expect.any(Number) });
    // A last bit is within the tolerance.
    expect(webgpu).toMatchObject({ runtime: 'webgpu 1', lowering: 'gpu', imagesPerSecond: expect.any(Number) });
    expect(webgpu?.isUntested).toBeUndefined();
    expect(cuda).toEqual({
      device: 'cuda',
      runtime: 'cuda 1',
      lowering: 'gpu',
      trouble:
        'it failed its self-check: after 3 steps (every layer), its losses differ by 1.0 from what plain graphs on the processor compute',
      isUntested: true,
    });
    expect(coreml).toEqual({ device: 'coreml', trouble: 'there is no such provider', isUntested: true });
  });

  it('does not show the fall-back of the processor as the processor', async () => {
    const fallback = { ...runtime, device: 'wasm' as const, notice: 'it is slower' };
    expect(await tryDevices(['cpu'], async () => fallback)).toEqual([{ device: 'cpu', trouble: 'it is slower' }]);
  });
});

describe('fastestDevice', () => {
  it('counts a process on each core for the processor, and one for an accelerator', () => {
    const reports = [
      { device: 'cpu', imagesPerSecond: 100 },
      { device: 'webgpu', imagesPerSecond: 300 },
      { device: 'cuda', imagesPerSecond: 900, trouble: 'it is wrong' },
    ] as const;
    expect(fastestDevice(reports, 2)?.device).toBe('webgpu');
    expect(fastestDevice(reports, 4)?.device).toBe('cpu');
    expect(fastestDevice([], 4)).toBeUndefined();
  });
});
