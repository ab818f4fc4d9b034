// A made-up run, event by event, for the tests of the views.

import { type RunEvent, type RunState, updateRunState } from '../../src/cli/view/run-state.ts';
import type { EvaluationEntry, SearchSummary, StartEvent } from '../../src/index.ts';
import { resolveConfig } from '../../src/internal.ts';

const DATASET: StartEvent['dataset'] = {
  name: 'mnist',
  fingerprint: 'f',
  trainExamples: 60_000,
  testExamples: 10_000,
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  shape: { channels: 1, height: 28, width: 28 },
};

export const START: StartEvent = {
  folder: '/runs/mnist-1',
  config: resolveConfig(
    {
      dataset: { source: 'mnist' },
      population: 3,
      generations: 2,
      workers: 2,
      training: { epochs: 2 },
      finalEpochs: 2,
      searchLimit: 54_000,
    },
    'the test',
  ),
  dataset: DATASET,
  journalled: 0,
  elapsedSeconds: 0,
  notices: [],
};

export const SUMMARY: SearchSummary = {
  genome: '16-32-max',
  validationAccuracy: 0.98,
  fitness: { metric: 'accuracy', on: 'validation', value: 0.98, images: 900 },
  testAccuracy: 0.9912,
  testLoss: 0.03,
  testExamples: 10_000,
  testInterval: [0.98953, 0.99261],
  parameters: 61_226,
  flops: 12_400_000,
  evaluations: 20,
  failures: 1,
  cacheHits: 4,
  reused: 0,
  generations: 2,
  seconds: 221,
  searchSeconds: 170,
  finalTrainingSeconds: 51,
  seed: 1,
  lowering: 'plain',
  dataset: DATASET,
  versions: { autoCnn: '0.1.0', runtime: 'onnxruntime-node', node: 'v20' },
};

export function entryOf(genome: string, fitness: number, seconds = 10): EvaluationEntry {
  const history = [{ epoch: 1, loss: 0.5, accuracy: 0.9, validationLoss: 0.4, validationAccuracy: fitness }];
  const cost = { parameters: 1000, flops: 2000 };
  return {
    type: 'evaluation',
    id: genome,
    genome,
    fitness,
    history,
    bestEpoch: 1,
    ...cost,
    seconds,
    elapsedSeconds: 0,
  };
}

export function failureOf(genome: string): EvaluationEntry {
  const failure = { reason: 'timeout', message: 'it took longer than 5 s' } as const;
  return { ...entryOf(genome, 0), history: [], bestEpoch: 0, failure };
}

export const generationStart = (
  generation: number,
  genomes: readonly string[],
  answered: readonly EvaluationEntry[] = [],
): RunEvent => ({
  type: 'generationStart',
  event: { generation, genomes, pending: new Set(genomes).size - answered.length, answered },
});

export const evaluationStart = (genome: string): RunEvent => ({
  type: 'evaluationStart',
  event: { id: genome, genome },
});

export const progress = (genome: string, step: number, totalSteps = 100): RunEvent => ({
  type: 'progress',
  event: { id: genome, genome, progress: { step, totalSteps } },
});

/** One event a second, from the start. */
export function stateAfter(...events: readonly RunEvent[]): RunState {
  const all: readonly RunEvent[] = [{ type: 'start', event: START }, ...events];
  const state = all.reduce<RunState | undefined>(
    (before, event, i) => updateRunState(before, event, i * 1000),
    undefined,
  );
  if (state === undefined) throw new Error('no start event');
  return state;
}
