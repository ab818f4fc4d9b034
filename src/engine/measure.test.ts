import { describe, expect, it } from 'vitest';
import { runtime } from '../../test/support/run-graph.ts';
import { toyNetwork } from '../../test/support/toy-data.ts';
import { measureInference, measureTrainingStep } from './measure.ts';
import type { Runtime } from './runtime.ts';

/** The runtime, with a count of what its sessions ran. */
function counting(changes: Partial<Runtime>): { readonly counted: Runtime; readonly runs: () => number } {
  let runs = 0;
  const counted: Runtime = {
    ...runtime,
    ...changes,
    async createSession(model, options) {
      const session = await runtime.createSession(model, options);
      return {
        run(feeds, fetches) {
          runs++;
          return session.run(feeds, fetches);
        },
        release: () => session.release(),
      };
    },
  };
  return { counted, runs: () => runs };
}

describe.each<[string, Partial<Runtime>, number]>([
  ['two runs', {}, 2],
  ['as many runs as the runtime needs', { warmUpRuns: 5 }, 5],
])('measuring warms up with %s', (_, changes, warmUp) => {
  it('before it times a training step', async () => {
    const { counted, runs } = counting(changes);
    const { ms } = await measureTrainingStep(counted, toyNetwork('2-2'), { batch: 4, repeats: 3, lowering: 'plain' });
    expect(runs()).toBe(warmUp + 3);
    expect(ms).toBeGreaterThan(0);
  });

  it('before it times an inference', async () => {
    const { counted, runs } = counting(changes);
    await measureInference(counted, toyNetwork('2-2'), { batch: 1, repeats: 4 });
    expect(runs()).toBe(warmUp + 4);
  });
});
