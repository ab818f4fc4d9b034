import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import type { Evaluator } from '../evaluator.ts';
import { FinalMachine } from './final-machine.ts';
import type { Fleet } from './fleet.ts';

const SHARING = { threads: (places: number) => places, speedUp: (places: number) => places };
const worker = (host: string, rate: number) => ({ id: `${host}-1`, host, rate, slots: 2 });

function machineWith(workers: readonly object[]) {
  const measureSpeed = vi.fn(async () => ({ rate: 1e11, byteWork: 20 }));
  const fleet = { alike: workers, absenceOf: () => ({ missingMs: 0, silentMs: 0 }), isAside: () => false };
  const machine = new FinalMachine({
    redis: {} as Redis,
    searchId: 'search',
    fleet: fleet as unknown as Fleet,
    local: { concurrency: 2, measureSpeed } as unknown as Evaluator,
    notify: () => {},
  });
  return { machine, measureSpeed };
}

describe('the machine of final trainings', () => {
  it('takes the rate of this machine from a worker on it, and else measures it once', async () => {
    const beside = machineWith([worker('far', 2e11), worker(hostname(), 9e10)]);
    expect(await beside.machine.choose('plain', SHARING)).toEqual({ workers: 2, rate: 2e11 });
    expect(beside.measureSpeed).not.toHaveBeenCalled();

    const apart = machineWith([worker('far', 1.4e11)]);
    for (let i = 0; i < 2; i++)
      expect(await apart.machine.choose('plain', SHARING)).toEqual({ workers: 2, rate: 1e11 });
    expect(apart.measureSpeed).toHaveBeenCalledTimes(1);
  });

  it('is this one, not measured, where there are no workers', async () => {
    const { machine, measureSpeed } = machineWith([]);
    expect(await machine.choose('plain', SHARING)).toEqual({ workers: 2 });
    expect(measureSpeed).not.toHaveBeenCalled();
  });
});
