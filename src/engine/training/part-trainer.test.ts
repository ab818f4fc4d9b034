import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runtime } from '../../../test/support/run-graph.ts';
import { brightOrDark, TOY_TRAINING, toyNetwork } from '../../../test/support/toy-data.ts';
import { InvalidInputError } from '../../errors.ts';
import { createNetwork, type Network } from '../../network/training-graph.ts';
import { createRng } from '../../random/rng.ts';
import { averageStates, type TrainingState } from '../state/training-state.ts';
import { PartTrainer, type TrainingPart } from './part-trainer.ts';
import { type EpochRecord, type TrainingData, type TrainingProgress, type TrainingSettings, train } from './train.ts';
import type { TrainingPlan } from './training-plan.ts';

const EXAMPLES = 22;
/** The last batch of an epoch is smaller: 4, 4, 4, 4, 4, 2. */
const PER_EPOCH = 6;
const data: TrainingData = {
  examples: brightOrDark(EXAMPLES),
  train: Int32Array.from({ length: EXAMPLES }, (_, i) => i),
  validation: new Int32Array(),
};
const network = toyNetwork('2-4-max');
const dropping = createNetwork(
  network.genome,
  {
    ...network.problem,
    head: [{ type: 'flatten' }, { type: 'dropout', rate: 0.5 }, { type: 'dense', units: 'classes' }],
  },
  network.normalisation,
);

const SETTINGS: readonly (readonly [string, Partial<TrainingSettings>])[] = [
  ['adam', {}],
  ['adamw', { optimiser: { name: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 } }],
  ['sgd', { optimiser: { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 } }],
  ['muon', { optimiser: { name: 'muon', momentum: 0.9, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.1 } }],
  ['rmsprop', { optimiser: { name: 'rmsprop', rho: 0.9, epsilon: 1e-7, weightDecay: 0 } }],
  [
    'augmentation',
    {
      augmentation: {
        padAndCrop: 2,
        horizontalFlip: true,
        rotation: 10,
        brightness: 0.2,
        cutout: 3,
        contrast: 0.3,
        cutmix: 0.5,
      },
    },
  ],
  ['one-cycle', { schedule: { name: 'one-cycle', warmUp: 0.3 }, warmUpEpochs: 1 }],
  ['a part of an epoch at the end', { schedule: { name: 'cosine' }, epochs: 2.4 }],
];

const settingsOf = (changes: Partial<TrainingSettings>): TrainingSettings => ({ ...TOY_TRAINING, ...changes });
const trainerOf = (changes: Partial<TrainingSettings>, of: Network = network) =>
  new PartTrainer(runtime, of, settingsOf(changes), data, createRng(1));
const planOf = (changes: Partial<TrainingSettings>): TrainingPlan => [
  { at: 0, total: Math.round(settingsOf(changes).epochs * PER_EPOCH) },
];

/** Trains rounds that end at the given steps, each from the mean of the last. */
async function inRounds(
  trainer: PartTrainer,
  ends: readonly number[],
  plan: TrainingPlan,
  replicas = 1,
): Promise<{ state: TrainingState; records: EpochRecord[]; progress: TrainingProgress[] }> {
  let state: TrainingState | undefined;
  let from = 0;
  const records: EpochRecord[] = [];
  const progress: TrainingProgress[] = [];
  for (const to of ends) {
    const states: TrainingState[] = [];
    for (let replica = 0; replica < replicas; replica++) {
      const part: TrainingPart = { from, to, replica, replicas, plan };
      const result = await trainer.train(part, state, { onProgress: (report) => progress.push(report) });
      states.push(result.state);
      records.push(...result.history);
    }
    const [first, ...others] = states;
    if (first !== undefined) state = averageStates([first, ...others]);
    from = to;
  }
  if (state === undefined) throw new Error('no rounds');
  return { state, records, progress };
}

describe('PartTrainer', () => {
  it.each(SETTINGS)('gives with %s, in one part, what the whole training gives', async (_, changes) => {
    const whole = await train(runtime, network, settingsOf(changes), data, createRng(1));
    const trainer = trainerOf(changes);
    const plan = planOf(changes);
    const { state, records } = await inRounds(trainer, [plan[0].total], plan);
    const { parameters, statistics, steps } = state;
    expect({ parameters, statistics }).toEqual(whole.best);
    expect(steps).toBe(plan[0].total);
    expect(records.map(({ examples: _examples, ...record }) => record)).toEqual(whole.history);
    await trainer.release();
  });

  it.each(SETTINGS)('gives the same with %s wherever it is cut', async (_, changes) => {
    const trainer = trainerOf(changes);
    const plan = planOf(changes);
    const { total } = plan[0];
    const whole = await inRounds(trainer, [total], plan);
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: total - 1 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(cuts, async (chosen) => {
        const { state, records } = await inRounds(trainer, [...chosen.toSorted((a, b) => a - b), total], plan);
        expect(state).toEqual(whole.state);
        const seen = records.reduce((sum, { examples = 0 }) => sum + examples, 0);
        expect(seen).toBe(whole.records.reduce((sum, { examples = 0 }) => sum + examples, 0));
      }),
      { numRuns: 6 },
    );
    await trainer.release();
  });

  it('has replicas see every example once an epoch, and reports each step of theirs', async () => {
    const plan: TrainingPlan = [{ at: 0, total: 2 * PER_EPOCH }];
    const trainer = trainerOf({});
    const { records, progress, state } = await inRounds(trainer, [5, 12], plan, 3);
    for (const epoch of [1, 2]) {
      const parts = records.filter((record) => record.epoch === epoch);
      expect(parts.reduce((sum, { examples = 0 }) => sum + examples, 0)).toBe(EXAMPLES);
    }
    const steps = progress.flatMap(({ step, epoch }) => (epoch === undefined ? [step] : []));
    expect(steps.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(state.steps).toBeGreaterThanOrEqual(4);
    await trainer.release();
  });

  it('draws other masks of dropout in each part, the same ones each time', async () => {
    const plan: TrainingPlan = [{ at: 0, total: 8 }];
    const whole = await train(runtime, dropping, settingsOf({ epochs: 8 / PER_EPOCH }), data, createRng(1));
    const trainer = trainerOf({}, dropping);
    expect((await inRounds(trainer, [8], plan)).state.parameters).toEqual(whole.best.parameters);
    const cut = await inRounds(trainer, [4, 8], plan);
    expect(cut.state.parameters).not.toEqual(whole.best.parameters);
    expect(await inRounds(trainer, [4, 8], plan)).toEqual(cut);
    const other = await trainer.train({ from: 4, to: 8, replica: 0, replicas: 1, plan }, undefined);
    const first = await trainer.train({ from: 0, to: 4, replica: 0, replicas: 1, plan }, undefined);
    expect(other.state.parameters).not.toEqual(first.state.parameters);
    await trainer.release();
  });

  it('says which replica diverged where', async () => {
    const trainer = trainerOf({ learningRate: 1e30 });
    const part: TrainingPart = { from: 6, to: 12, replica: 1, replicas: 2, plan: [{ at: 0, total: 12 }] };
    await expect(trainer.train(part, undefined)).rejects.toMatchObject({
      reason: 'diverged',
      message: expect.stringMatching(/of epoch 2$/),
    });
    await trainer.release();
  });

  it('refuses a schedule that watches whole epochs', () => {
    const plateau = { schedule: { name: 'reduce-on-plateau', factor: 0.5, patience: 1 } } as const;
    expect(() => trainerOf(plateau)).toThrow(InvalidInputError);
    expect(() => trainerOf(plateau)).toThrow(/reduce-on-plateau .* use another schedule, such as one-cycle/);
  });
});
