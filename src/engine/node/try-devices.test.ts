import { describe, expect, it } from 'vitest';
import { fastestDevice, kindTriedApart, tryApart, tryDevices } from './try-devices.ts';

const BROKEN = new URL('../../../test/support/workers/broken-driver.mjs', import.meta.url);

describe('tryDevices', () => {
  it('says of a device whose driver ends the process what is known, and tries the next', async () => {
    expect(await tryDevices(['webgpu', 'cuda', 'dml'], { script: BROKEN })).toEqual([
      {
        device: 'webgpu',
        trouble: 'the process that tried it ended with SIGSEGV; its last words: driver: no such queue',
      },
      { device: 'cuda', trouble: 'the process that tried it ended with exit code 3', isUntested: true },
      { device: 'dml', lowering: 'gpu', engineKind: expect.any(String), isUntested: true },
    ]);
  });
});

describe('tryApart', () => {
  it('ends a child whose driver does not answer when the signal is aborted', async () => {
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 100);
    const { signal } = interruption;
    const trial = tryApart({ device: 'wasm', isChecked: true, isMeasured: false }, { script: BROKEN, signal });
    await expect(trial).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('tries a device once, but for a self-check or a measurement that is missing', async () => {
    const kindOf = async (isChecked: boolean, isMeasured = false) =>
      (await tryApart({ device: 'coreml', isChecked, isMeasured }, { script: BROKEN })).engineKind;
    const first = await kindOf(false);
    expect(await kindOf(false)).toBe(first);
    const checked = await kindOf(true);
    expect(checked).not.toBe(first);
    expect([await kindOf(true), await kindOf(false)]).toEqual([checked, checked]);
    expect(kindTriedApart('coreml', 'gpu')).toBe(checked);
    expect(await kindOf(true, true)).not.toBe(checked);
  });

  it('tries a device again that did not work', async () => {
    for (let i = 0; i < 2; i++) {
      const { trouble } = await tryApart({ device: 'cuda', isChecked: true, isMeasured: false }, { script: BROKEN });
      expect(trouble).toBe('the process that tried it ended with exit code 3');
    }
    expect(kindTriedApart('cuda', 'gpu')).toBeUndefined();
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
