import { describe, expect, it } from 'vitest';
import { runtime } from '../../../test/support/run-graph.ts';
import { brightOrDark, TOY_SHAPE, TOY_TRAINING, toyNetwork } from '../../../test/support/toy-data.ts';
import type { Examples } from '../../data/set/dataset.ts';
import { EvaluationError } from '../../errors.ts';
import type { TrainedState } from '../../network/deployable-graph.ts';
import type { Network } from '../../network/training-graph.ts';
import { createRng } from '../../random/rng.ts';
import { type Score, Scorer } from '../scoring/scorer.ts';
import { initialiseState } from '../state/initialise.ts';
import { type TrainingData, type TrainingProgress, type TrainingSettings, train } from './train.ts';

const range = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, i) => from + i);

/** The first examples for training, the rest for validation. */
function splitAt(examples: Examples, trainCount: number): TrainingData {
  return { examples, train: range(0, trainCount), validation: range(trainCount, examples.count) };
}

/** Labels that have nothing to do with the images: not to be learned, so that accuracies go up and down. */
function unlearnable(count: number): Examples {
  const rng = createRng('labels');
  const examples = brightOrDark(count);
  return { ...examples, labels: examples.labels.map(() => rng.integer(0, 1)) };
}

async function scoreOf(network: Network, state: TrainedState, data: TrainingData, batchSize = 3): Promise<Score> {
  const scorer = await Scorer.create(runtime, network, batchSize);
  const vector = (values: Float32Array) => runtime.createTensor('float32', values, [values.length]);
  const statistics = state.statistics.length > 0 && { statistics: vector(state.statistics) };
  const tensors = { parameters: vector(state.parameters), ...statistics };
  try {
    return await scorer.score(tensors, data.examples, data.validation);
  } finally {
    await scorer.release();
  }
}

const trainToy = (
  genome: string,
  data: TrainingData,
  changes: Partial<TrainingSettings> = {},
  seed: number | string = 1,
  onProgress?: (progress: TrainingProgress) => void,
) =>
  train(runtime, toyNetwork(genome), { ...TOY_TRAINING, ...changes }, data, createRng(seed), {
    ...(onProgress && { onProgress }),
  });

describe('train', () => {
  it.each([
    ['2-4-max', { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4 }],
    ['2-4-mean', { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 }],
    ['', { name: 'sgd', momentum: 0.9, weightDecay: 0 }],
    ['max', { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }],
  ] as const)('learns to tell bright from dark with genome "%s"', async (genome, optimiser) => {
    const { history, bestEpoch } = await trainToy(genome, splitAt(brightOrDark(48), 32), { optimiser, epochs: 4 });
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    // The first of equals.
    expect(bestEpoch).toBe(history.findIndex(({ validationAccuracy }) => validationAccuracy === 1) + 1);
    expect(history.at(-1)?.loss).toBeLessThan(history[0]?.loss ?? 0);
  });

  it('gives the same result bit for bit for the same seed, another for another', async () => {
    const data = splitAt(unlearnable(30), 20);
    const [a, b, other] = [
      await trainToy('2-2-max', data),
      await trainToy('2-2-max', data),
      await trainToy('2-2-max', data, {}, 2),
    ];
    expect(b).toEqual(a);
    expect(other.best).not.toEqual(a.best);
    const used = createRng(1);
    used.uniform();
    expect(await train(runtime, toyNetwork('2-2-max'), TOY_TRAINING, data, used)).toEqual(a);
  });

  it('counts the last, smaller batch by its size', async () => {
    // A learning rate of 0 leaves the weights alone, and without normalisation batches do not interact: so the mean over
    // the epoch is the mean over all examples, however they are cut into batches of 4, 4 and 2.
    const data = splitAt(unlearnable(10), 10);
    const network = toyNetwork('max');
    const { history } = await trainToy('max', data, { learningRate: 0, epochs: 1 });
    const initial = initialiseState(network.layout, createRng(1).fork('initial state'));
    const expected = await scoreOf(network, initial, { ...data, validation: data.train }, 10);
    expect(history[0]?.loss).toBeCloseTo(expected.loss, 6);
    expect(history[0]?.accuracy).toBe(expected.accuracy);
  });

  it('takes a batch size above the number of examples', async () => {
    // A batch size above the number of examples makes one batch of all.
    const data = splitAt(brightOrDark(9), 6);
    const steps: number[] = [];
    const { history } = await trainToy('', data, { batchSize: 100, epochs: 2 }, 1, ({ step }) => steps.push(step));
    expect(steps).toEqual([1, 1, 2, 2]);
    expect(Number.isInteger((history[0]?.accuracy ?? Number.NaN) * 6)).toBe(true);
  });

  it('reports every step and every epoch', async () => {
    const reports: TrainingProgress[] = [];
    const data = splitAt(brightOrDark(14), 10);
    const { history } = await trainToy('', data, { epochs: 2 }, 1, (progress) => reports.push(progress));
    expect(reports.every(({ totalSteps }) => totalSteps === 6)).toBe(true);
    expect(reports.map(({ step, epoch }) => [step, epoch?.epoch])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, undefined],
      [3, 1],
      [4, undefined],
      [5, undefined],
      [6, undefined],
      [6, 2],
    ]);
    expect(reports.flatMap(({ epoch }) => epoch ?? [])).toEqual(history);
  });

  it('keeps the weights of the best epoch, though later ones are worse', async () => {
    const data = splitAt(unlearnable(60), 20);
    const { history, bestEpoch, best } = await trainToy('2-2-max', data, { epochs: 6, learningRate: 0.05 });
    const accuracies = history.map(({ validationAccuracy = 0 }) => validationAccuracy);
    const highest = Math.max(...accuracies);
    expect(accuracies.at(-1)).toBeLessThan(highest);
    expect(bestEpoch).toBe(accuracies.indexOf(highest) + 1);
    const score = await scoreOf(toyNetwork('2-2-max'), best, data, 128);
    expect(score.accuracy).toBe(highest);
    expect(score.loss).toBe(history[bestEpoch - 1]?.validationLoss);
  });

  it('keeps the last epoch where there is nothing to validate on', async () => {
    const { history, bestEpoch, best } = await trainToy('max', splitAt(brightOrDark(8), 8));
    expect(bestEpoch).toBe(3);
    expect(history.every((record) => !('validationAccuracy' in record))).toBe(true);
    const shorter = await trainToy('max', splitAt(brightOrDark(8), 8), { epochs: 2 });
    expect(best).not.toEqual(shorter.best);
  });

  it('follows the learning-rate schedule', async () => {
    const data = splitAt(brightOrDark(12), 8);
    const frozen = await trainToy('max', data, { schedule: { name: 'step', steps: [{ epoch: 0, factor: 0 }] } });
    const { parameters } = initialiseState(toyNetwork('max').layout, createRng(1).fork('initial state'));
    expect(frozen.best.parameters).toEqual(parameters);
  });

  it.each([
    ['2-2', 1e30],
    ['', 1e39],
  ])('says that a training with an absurd learning rate diverged ("%s" at %d)', async (genome, learningRate) => {
    const training = trainToy(genome, splitAt(brightOrDark(12), 12), { learningRate });
    await expect(training).rejects.toThrow(EvaluationError);
    await expect(training).rejects.toMatchObject({
      reason: 'diverged',
      retryable: false,
      message: expect.stringMatching(/^the loss became (NaN|Infinity) in step \d of epoch \d$/),
    });
  });

  it('notices a divergence in the very last step too', async () => {
    const training = trainToy('2-2', splitAt(brightOrDark(16), 12), { learningRate: 1e30, epochs: 1, batchSize: 12 });
    await expect(training).rejects.toMatchObject({
      reason: 'diverged',
      message: 'the validation loss became NaN after epoch 1',
    });
  });

  it('stops with the signal’s reason, before and while it trains', async () => {
    const data = splitAt(brightOrDark(40), 32);
    const before = AbortSignal.abort(new Error('not now'));
    const start = (signal: AbortSignal, onProgress = () => {}) =>
      train(runtime, toyNetwork('max'), TOY_TRAINING, data, createRng(1), { signal, onProgress });
    await expect(start(before)).rejects.toThrow('not now');
    const controller = new AbortController();
    let steps = 0;
    const stopped = start(controller.signal, () => {
      if (++steps === 3) controller.abort(new Error('enough'));
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(steps).toBe(3);
  });

  it('reads images of any shape the data has', async () => {
    const shape = { channels: 3, height: 5, width: 7 };
    const data = splitAt(brightOrDark(24, shape), 16);
    const network = toyNetwork('2-2-max', shape);
    const { history, bestEpoch } = await train(runtime, network, TOY_TRAINING, data, createRng(1));
    expect(history[bestEpoch - 1]?.validationAccuracy).toBe(1);
    expect(shape).not.toEqual(TOY_SHAPE);
  });
});
