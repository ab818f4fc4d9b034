import { describe, expect, it } from 'vitest';
import { pixelsOf } from '../../../test/support/data-fixtures.ts';
import { engines } from '../../../test/support/engines.ts';
import { naiveTensor } from '../../../test/support/naive-tensor.ts';
import { runGraph } from '../../../test/support/run-graph.ts';
import { brightOrDark, TOY_SHAPE, TOY_TRAINING, toyNetwork } from '../../../test/support/toy-data.ts';
import { buildGradientGraph } from '../../network/training-graph.ts';
import { createRng } from '../../random/rng.ts';
import { BatchBuffers } from '../batch-buffers.ts';
import { initialiseState } from '../state/initialise.ts';
import { TrainingSession } from './training-session.ts';

const network = toyNetwork('2-4-max');
const initial = initialiseState(network.layout, createRng(1));
const examples = brightOrDark(12);
const indices = Int32Array.from(examples.labels.keys());

/** The statistics of the batch alone, for the given parameters. */
async function batchStatistics(from: number, parameters: Float32Array): Promise<Float64Array> {
  const outputs = await runGraph(buildGradientGraph(network), {
    image: naiveTensor([4, 1, 8, 8], pixelsOf(examples).subarray(from * 64, (from + 4) * 64)),
    labels: naiveTensor([4], examples.labels.subarray(from, from + 4)),
    parameters: naiveTensor([parameters.length], parameters),
  });
  return outputs.batchStatistics?.data ?? new Float64Array();
}

describe.each(engines)('TrainingSession, %s', (_, engine) => {
  const buffers = new BatchBuffers(engine, TOY_SHAPE, 4);
  const createSession = () =>
    TrainingSession.create(engine, network, TOY_TRAINING.optimiser, initial, TOY_TRAINING.statisticsMomentum);

  it('starts from the given state and leaves it alone', async () => {
    const session = await createSession();
    expect(await session.snapshot()).toEqual(initial);
    const before = structuredClone(initial);
    for (let i = 0; i < 3; i++) await session.step(buffers.fill(examples, indices, 4 * i, 4), 0.1);
    expect(initial).toEqual(before);
    expect((await session.snapshot()).parameters).not.toEqual(initial.parameters);
    await session.release();
  });

  it('takes the statistics of the first batch as they are, then their plain mean, then an exponential one', async () => {
    const session = await createSession();
    const seen: Float64Array[] = [];
    for (let step = 1; step <= 12; step++) {
      const from = 4 * ((step - 1) % 3);
      seen.push(await batchStatistics(from, (await session.snapshot()).parameters));
      const before = (await session.snapshot()).statistics;
      await session.step(buffers.fill(examples, indices, from, 4), 0.01);
      const after = (await session.snapshot()).statistics;
      const latest = seen.at(-1) ?? new Float64Array();
      for (const [i, value] of after.entries()) {
        const mean = seen.reduce((sum, statistics) => sum + (statistics[i] ?? 0), 0) / step;
        const exponential = 0.9 * (before[i] ?? 0) + 0.1 * (latest[i] ?? 0);
        expect(value).toBeCloseTo(step <= 10 ? mean : exponential, 5);
      }
    }
    await session.release();
  });

  it('gives snapshots that later steps do not change', async () => {
    const session = await createSession();
    const [first, second] = [await session.snapshot(), structuredClone(await session.snapshot())];
    for (let i = 0; i < 3; i++) await session.step(buffers.fill(examples, indices, 4 * i, 4), 0.1);
    expect(first).toEqual(second);
    await session.release();
  });

  it('takes batches of different sizes in turn', async () => {
    const session = await createSession();
    for (const count of [4, 2, 4, 1]) {
      const { loss, correct } = await session.step(buffers.fill(examples, indices, 0, count), 0.01);
      expect(Number.isFinite(loss)).toBe(true);
      expect(correct).toBeLessThanOrEqual(count);
    }
    await session.release();
  });
});
