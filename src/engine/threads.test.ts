// A training has the same bits however many threads share it.

import { describe, expect, it } from 'vitest';
import { blockSize } from '../../test/support/engines.ts';
import { runtime } from '../../test/support/run-graph.ts';
import { noiseImages, smallModel } from '../../test/support/small-model.ts';
import { imageSizeOf } from '../data/set/dataset.ts';
import { parseGenome } from '../genome/text.ts';
import { blockedName, type LoweringName } from '../network/lowering/lowerings.ts';
import { createNetwork } from '../network/training-graph.ts';
import { createRng } from '../random/rng.ts';
import { withLowering } from './lowering/choose-lowering.ts';
import { DeployedModel } from './scoring/deployed-model.ts';
import { scoringThreads, threadSpeedUp, usableThreads, withThreads } from './threads.ts';
import { type TrainingSettings, train } from './training/train.ts';

const BLOCKED: LoweringName = 'blocked-16';

describe('threads', () => {
  it('are as many as there are, up to four, and one where they would share sums', () => {
    expect([0, 0.5, 1, 2.9, 4, 64].map((available) => usableThreads(BLOCKED, available))).toEqual([1, 1, 1, 2, 4, 4]);
    expect(usableThreads('plain', 8)).toBe(1);
    expect([0, 1, 2.9, 64].map(scoringThreads)).toEqual([1, 1, 2, 4]);
  });

  it('gain less the more there are', () => {
    expect([1, 2, 4].map(threadSpeedUp)).toEqual([1, 10 / 7, 20 / 11]);
  });

  it('apply to every session of the engine, and can be overruled', async () => {
    const asked: unknown[] = [];
    const createSession: typeof runtime.createSession = (_, options) => {
      asked.push(options);
      return Promise.reject(new Error('none'));
    };
    const engine = withThreads({ ...runtime, createSession }, 3);
    const model = new Uint8Array();
    await Promise.allSettled([engine.createSession(model), engine.createSession(model, { threads: 1 })]);
    expect(asked).toEqual([{ threads: 3 }, { threads: 1 }]);
  });
});

// Large enough for the runtime to share out every kind of operator, with odd sizes and partial blocks of channels.
describe.runIf(blockSize !== undefined)('a training of', () => {
  it.each([
    ['8-64-max-128-32', { channels: 3, height: 17, width: 15 }, 'adam'],
    ['16max32-64mean256', { channels: 3, height: 16, width: 16 }, 'muon'],
    ['max-128-128', { channels: 1, height: 28, width: 28 }, 'sgd'],
  ] as const)('%s on %j with %s has the same bits with 1, 2 and 4 threads', async (genome, input, optimiser) => {
    const engine = await withLowering(runtime, blockedName(blockSize ?? 0) ?? BLOCKED);
    const [one, ...others] = await Promise.all(
      [1, 2, 4].map((threads) => trainOn(withThreads(engine, threads), genome, input, optimiser)),
    );
    expect(others).toEqual([one, one]);
  });
});

describe('the predictions of a model file', () => {
  it.each([
    ['8-64-max-128-32', { channels: 3, height: 17, width: 15 }, {}],
    ['16max32-64mean256', { channels: 3, height: 32, width: 32 }, { views: 2, members: 2 }],
    ['max-128-128', { channels: 1, height: 28, width: 28 }, { views: 2 }],
  ] as const)('%s for %j with %j have the same bits with 1, 2, 3 and 4 threads', async (genome, shape, options) => {
    const { bytes } = smallModel(genome, shape, ['a', 'b', 'c'], options);
    // The last batch is odd, as at the end of a test part.
    const pixels = [128, 37].map((count) => noiseImages(count, shape));
    const predict = async (threads: number) => {
      const model = await DeployedModel.load(withThreads(runtime, threads), bytes, 'model.onnx');
      const predictions = await Promise.all(pixels.map((each) => model.predict(each, shape)));
      await model.release();
      return predictions;
    };
    const [one, ...others] = await Promise.all([1, 2, 3, 4].map(predict));
    expect(others).toEqual([one, one, one]);
  });
});

const BETAS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.01 };
const OPTIMISERS = {
  adam: { name: 'adam', ...BETAS },
  muon: { name: 'muon', momentum: 0.9, ...BETAS },
  sgd: { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0 },
} as const satisfies Record<string, TrainingSettings['optimiser']>;

async function trainOn(
  engine: typeof runtime,
  text: string,
  input: { readonly channels: number; readonly height: number; readonly width: number },
  optimiser: keyof typeof OPTIMISERS,
) {
  const perChannel = (value: number) => new Array<number>(input.channels).fill(value);
  const normalisation = { mean: perChannel(120), std: perChannel(60) };
  const network = createNetwork(parseGenome(text), { input, classes: 10 }, normalisation);
  const count = 64 + 33;
  const pixels = noiseImages(count, input);
  expect(pixels).toHaveLength(count * imageSizeOf(input));
  const examples = { count, pixels, labels: Int32Array.from({ length: count }, (_, i) => i % 10) };
  const indices = Int32Array.from({ length: count }, (_, i) => i);
  const settings: TrainingSettings = {
    ...{ epochs: 2, batchSize: 32, learningRate: 0.01, statisticsMomentum: 0.9 },
    optimiser: OPTIMISERS[optimiser],
    schedule: { name: 'one-cycle', warmUp: 0.3 },
  };
  const data = { examples, train: indices.subarray(0, 64), validation: indices.subarray(64) };
  const { history, best } = await train(engine, network, settings, data, createRng('threads'));
  return { history, parameters: [...best.parameters], statistics: [...best.statistics] };
}
