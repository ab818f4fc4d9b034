import { describe, expect, it } from 'vitest';
import { withoutStale } from './stale-keys.ts';

/** As a run with a budget leaves it. */
const RUN = {
  dataset: { source: 'photos', fingerprint: 'f' },
  budget: { seconds: 300, rate: 1e9 },
  population: 8,
  searchWork: 1e13,
  equalCompute: true,
  typicalWork: 2e6,
  searchSpace: { channels: [8, 16], maxDepth: 5, maxWork: 3e6 },
  training: { epochs: 2, batchSize: 64, metrics: ['macro-f1'], loss: { name: 'cross-entropy' } },
  finalTraining: { augmentation: { padAndCrop: 2 }, labelSmoothing: 0.05 },
  finalEpochs: 135.3,
  finalSteps: [{ at: 0, total: 3158 }],
  replicas: 2,
  pick: 'promising',
  views: 2,
  objectives: ['macro-f1'],
};

const under = (changes: Readonly<Record<string, unknown>>, stored: object = RUN) =>
  withoutStale(stored, new Map(Object.entries(changes))) as Readonly<Record<string, unknown>>;
/** Keys of a run's configuration that are gone, or other than they were. */
const stale = (changes: Readonly<Record<string, unknown>>): readonly string[] => {
  const kept = under(changes);
  return Object.entries(RUN).flatMap(([key, value]) =>
    JSON.stringify(value) === JSON.stringify(kept[key]) ? [] : [key],
  );
};

describe('of a run’s configuration', () => {
  it('the validation part is a matter of the data, a share is not', () => {
    const validationUnder = (validation: unknown, changes: Readonly<Record<string, unknown>>) =>
      under(changes, { ...RUN, validation }).validation;
    expect(validationUnder('part', { 'dataset.source': 'others' })).toBeUndefined();
    expect(validationUnder('part', { seed: 2 })).toBe('part');
    expect(validationUnder('part', { 'dataset.source': 'others', validation: 'part' })).toBe('part');
    expect(validationUnder(0.2, { 'dataset.source': 'others' })).toBe(0.2);
  });

  it.each<[string, object, object, object]>([
    ['another budget', { searchShare: 0, genome: '8max8' }, { budget: '1h' }, { searchShare: 'auto' }],
    ['another budget, where a search was asked for', { searchShare: 0.25 }, { budget: '1h' }, { searchShare: 0.25 }],
    ['other data', { searchShare: 0.1 }, { 'dataset.source': 'others' }, { searchShare: 'auto' }],
    ['a key of the search', { searchShare: 0, genome: '8max8' }, { generations: 4 }, { searchShare: 0.25 }],
    ['a share', { searchShare: 0, genome: '8max8' }, { searchShare: 0.4 }, { searchShare: 0 }],
    ['several objectives', { searchShare: 0, genome: '8max8' }, { objectives: ['a', 'flops'] }, { searchShare: 0.25 }],
    ['a seed', { searchShare: 0, genome: '8max8' }, { seed: 2 }, { searchShare: 0, genome: '8max8' }],
    [
      'a genome',
      { searchShare: 0, genome: '8max8' },
      { budget: '1h', genome: '8-8' },
      { searchShare: 0, genome: '8max8' },
    ],
    ['a key of the search, where there was one', { searchShare: 0.1 }, { generations: 4 }, { searchShare: 0.1 }],
  ])('%s decides anew whether there is a search, and by which genome if there is none', (_, stored, changes, kept) => {
    const { searchShare, genome } = under({ ...changes }, { ...RUN, ...stored });
    expect({ searchShare, ...(genome !== undefined && { genome }) }).toEqual(kept);
  });

  it.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    ['a seed', { seed: 2 }, []],
    ['workers, which have no effect on results', { workers: 1 }, []],
    ['the epochs of the final training', { finalEpochs: 4 }, ['finalSteps']],
    ['the batch size', { 'training.batchSize': 32 }, ['finalSteps']],
    ['the augmentation of candidates', { 'training.augmentation.padAndCrop': 4 }, ['finalTraining']],
    ['the loss of candidates', { 'training.loss.labelSmoothing': 0.2 }, ['finalTraining']],
    ['the search space', { 'searchSpace.maxDepth': 9 }, ['typicalWork']],
    ['the time of a candidate', { 'searchSpace.maxSeconds': 20 }, ['typicalWork', 'searchSpace']],
    ['a limit on FLOPs', { 'searchSpace.maxFlops': 1e6 }, ['typicalWork', 'views']],
    ['the lowering', { lowering: 'plain' }, ['budget']],
    ['the objectives', { objectives: ['accuracy', 'parameters'] }, ['pick', 'views']],
    ['the metrics', { 'training.metrics': ['top-2'] }, ['objectives']],
    ['the epochs of candidates, which these final epochs do not follow', { 'training.epochs': 5 }, []],
    ['a schedule', { 'training.schedule.name': 'cosine' }, ['finalSteps']],
    [
      'a schedule that cannot be trained in rounds',
      { 'training.schedule.name': 'reduce-on-plateau' },
      ['finalSteps', 'replicas'],
    ],
  ])('%s leaves all but what follows from it', (_, changes, gone) => {
    expect(stale(changes)).toEqual(gone);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['another budget', { budget: '60s' }],
    ['other data', { 'dataset.source': 'others' }],
    ['the data in another form', { 'dataset.size': { height: 8, width: 8 } }],
    ['fewer images', { trainLimit: 500 }],
  ])('%s has the plan made again', (_, changes) => {
    const kept = under(changes);
    for (const key of ['finalSteps', 'finalEpochs', 'population', 'searchWork', 'replicas']) {
      expect(kept).not.toHaveProperty([key]);
    }
    expect(kept).not.toHaveProperty('finalTraining.augmentation');
    expect(kept.searchSpace).toEqual({});
    expect(kept.training).toEqual({ batchSize: 64, metrics: ['macro-f1'], loss: { name: 'cross-entropy' } });
  });

  it('another device has graphs of its own', () => {
    const run = { ...RUN, device: 'webgpu', lowering: 'gpu' };
    expect(under({ device: 'cpu' }, run)).not.toHaveProperty('lowering');
    expect(under({ seed: 2 }, run)).toMatchObject({ lowering: 'gpu' });
  });

  it('another backbone is prepared for anew, but for what is said with it', () => {
    const described = { output: 'features', mean: [0], std: [0.5], order: 'bgr', views: 2, sha256: 'a' };
    const run = { ...RUN, backbone: { file: 'old.onnx', ...described } };
    const changes = { 'backbone.file': 'new.onnx', 'backbone.order': 'bgr' };
    expect(Object.keys(Object(under(changes, run).backbone))).toEqual(['file', 'order']);
    expect(under({ seed: 2 }, run).backbone).toEqual(run.backbone);
  });

  it('other data has its own use of mirror images', () => {
    const kept = under({ 'dataset.source': 'others' });
    for (const key of ['views', 'finalTraining']) expect(kept).not.toHaveProperty([key]);
  });

  it('what is said now is not left to the budget', () => {
    const interrupted = { ...RUN, undecided: ['finalEpochs', 'frontWork'] };
    expect(under({ finalEpochs: 4 }, interrupted).undecided).toEqual(['frontWork']);
    expect(under({ budget: '60s', population: 4 }).population).toBe(8);
  });

  it('a budget for the training of a genome decides its length, where there was none', () => {
    const { budget: _, ...others } = RUN;
    const kept = under({ genome: '8-8', budget: '60s' }, others);
    for (const key of ['finalEpochs', 'finalSteps', 'replicas']) expect(kept).not.toHaveProperty([key]);
    expect(kept.population).toBe(8);
  });

  it('final epochs that are those of candidates follow them', () => {
    const run = (epochs: number, finalEpochs: number) => ({
      dataset: RUN.dataset,
      training: { epochs },
      finalEpochs,
      finalSteps: RUN.finalSteps,
    });
    const changes = { 'training.epochs': 5 };
    expect(under(changes, run(1, 3))).toEqual({ dataset: RUN.dataset, training: { epochs: 1 } });
    expect(under(changes, run(7, 7))).toEqual({ dataset: RUN.dataset, training: { epochs: 7 } });
    expect(under(changes, run(1, 1))).toMatchObject({ finalEpochs: 5 });
    expect(under(changes, run(1, 20))).toEqual(run(1, 20));
  });
});

it('what was written by hand is kept, but for steps in place of what is said now', () => {
  const { dataset: _, budget: __, ...file } = RUN;
  const { finalSteps: ___, ...others } = file;
  expect(under({ 'searchSpace.maxDepth': 9, 'training.loss.name': 'cross-entropy', objectives: [] }, file)).toEqual(
    file,
  );
  expect(under({ finalEpochs: 4 }, file)).toEqual(others);
});
