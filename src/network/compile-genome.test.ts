import { expect, it } from 'vitest';
import { runtime } from '../../test/support/run-graph.ts';
import { parseGenome } from '../genome/text.ts';
import { compileGenome } from './compile-genome.ts';

const input = { channels: 1, height: 4, width: 4 };

it('gives graphs that train and score with what their documentation names', async () => {
  const normalisation = { mean: [127], std: [64] };
  const { training, evaluation, parameters, statisticCount } = compileGenome(
    parseGenome('max'),
    { input, classes: 2 },
    { optimiser: { name: 'sgd', momentum: 0, weightDecay: 0 }, normalisation },
  );
  expect(statisticCount).toBe(0);
  const count = parameters.reduce((sum, { size }) => sum + size, 0);
  expect(count).toBe(2 * 2 * 2 + 2);
  const tensor = (data: Float32Array, dims: number[]) => runtime.createTensor('float32', data, dims);
  // Bright images are class 1, dark ones class 0.
  const image = runtime.createTensor(
    'uint8',
    Uint8Array.from({ length: 64 }, (_, i) => (i < 32 ? 10 : 240)),
    [4, 1, 4, 4],
  );
  const labels = runtime.createTensor('int32', Int32Array.of(0, 0, 1, 1), [4]);
  const session = await runtime.createSession(training);
  let state = tensor(new Float32Array(count), [count]);
  const losses: number[] = [];
  for (let step = 0; step < 5; step++) {
    const learningRate = tensor(Float32Array.of(0.1), []);
    const velocity = tensor(new Float32Array(count), [count]);
    const feeds = { image, labels, parameters: state, velocity, learningRate };
    const { loss, next_parameters: next } = await session.run(feeds, { loss: null, next_parameters: null });
    losses.push(Number(loss?.data[0]));
    state = next ?? state;
  }
  await session.release();
  expect(losses[0]).toBeCloseTo(Math.log(2), 5);
  expect(losses).toEqual(losses.toSorted((a, b) => b - a));
  const scorer = await runtime.createSession(evaluation);
  const { correct, logits } = await scorer.run({ image, labels, parameters: state }, { correct: null, logits: null });
  await scorer.release();
  expect(Number(correct?.data[0])).toBe(4);
  expect(logits?.dims).toEqual([4, 2]);
});

it('keeps running statistics where the network normalises batches', () => {
  const { parameters, statisticCount } = compileGenome(parseGenome('4-8'), { input, classes: 3 });
  expect(statisticCount).toBe(2 * (4 + 8));
  expect(parameters.map(({ name }) => name)).toContain('layers.0.conv1.weight');
});
