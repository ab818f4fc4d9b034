import { describe, expect, it } from 'vitest';
import { loadNodeRuntime } from '../engine/node/onnxruntime-node.ts';
import { BYTE_WORK } from '../genome/work.ts';
import { byteWorkOf, measureSpeed } from './measure-speed.ts';

describe('measureSpeed', () => {
  it('measures one network alone where the time is up before it has begun', async () => {
    const { rate, byteWork } = await measureSpeed(await loadNodeRuntime(), 'plain', 0);
    expect(rate).toBeGreaterThan(0);
    expect(byteWork).toBe(BYTE_WORK);
  });
});

describe('byteWorkOf', () => {
  const costs = [
    { trainingFlops: 3e6, trainingBytes: 2e5, orthogonalFlops: 0 },
    { trainingFlops: 9e6, trainingBytes: 1e5, orthogonalFlops: 0 },
    { trainingFlops: 4e6, trainingBytes: 6e5, orthogonalFlops: 0 },
  ];
  /** Of a machine on which a byte takes as long as so many FLOPs. */
  const measured = (byteWork: number, rate: number, noise: readonly number[] = []) =>
    costs.map((cost, i) => ({
      cost,
      seconds: ((cost.trainingFlops + byteWork * cost.trainingBytes) / rate) * (noise[i] ?? 1),
    }));

  it('finds what a byte costs, however fast the machine is', () => {
    expect(byteWorkOf(measured(20, 1e11))).toBe(20);
    expect(byteWorkOf(measured(46, 3e9))).toBe(45);
    expect(Math.abs(byteWorkOf(measured(30, 1e11, [1.05, 0.96, 1.02])) - 30)).toBeLessThanOrEqual(10);
  });

  it('stays within what can be true, whatever a busy machine did', () => {
    expect(byteWorkOf(measured(1000, 1e11))).toBe(60);
    expect(byteWorkOf(measured(0, 1e11))).toBe(5);
  });
});
