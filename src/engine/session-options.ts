// What sessions have in common, whatever the device and the package that brings it.

import { type Device, isAccelerator } from './device.ts';
import type { SessionOptions } from './runtime.ts';

/** Nothing of a step may run on the processor instead, and sums must not depend on the order in which threads end. */
const ACCELERATOR_OPTIONS = {
  extra: { session: { disable_cpu_ep_fallback: '1', use_deterministic_compute: '1' } },
};

export function sessionOptions<Of extends Device>(device: Of, { kept = [] }: SessionOptions = {}) {
  return {
    executionProviders: [device],
    ...(kept.length > 0 && {
      preferredOutputLocation: Object.fromEntries(kept.map((name) => [name, 'gpu-buffer' as const])),
    }),
    ...(isAccelerator(device) && ACCELERATOR_OPTIONS),
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    // Errors are thrown; anything below is advice for the graph's author.
    logSeverityLevel: 3,
  } as const;
}
