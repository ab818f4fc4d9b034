import { describe, expect, it } from 'vitest';
import { entryOf, failureOf, generationStart, START, stateAfter } from '../../../test/support/made-up-run.ts';
import { describeEvent } from './plain-view.ts';
import type { RunEvent } from './run-state.ts';

/** The lines of the last event. */
function linesOf(...events: readonly RunEvent[]): string[] {
  const last = events.at(-1);
  return last === undefined ? [] : describeEvent(last, stateAfter(...events));
}

describe('the view in a pipe', () => {
  it('names data, run and what a user should know first', () => {
    const notices = ['Broken images were left out: 1.'];
    const event = { ...START, folder: '/runs/mnist-1', journalled: 5, notices };
    expect(linesOf({ type: 'start', event })).toEqual([
      'Data  mnist: 60,000 training and 10,000 test images, 28x28x1, 10 classes',
      'Run   /runs/mnist-1 (seed 1, 2 workers, 5 evaluations done before)',
      'note: Broken images were left out: 1.',
    ]);
  });

  it('tells training, validation and test images apart', () => {
    const event = { ...START, dataset: { ...START.dataset, validationExamples: 4000 } };
    expect(linesOf({ type: 'start', event })[0]).toBe(
      'Data  mnist: 60,000 training, 4,000 validation and 10,000 test images, 28x28x1, 10 classes',
    );
  });

  it('has a line for each evaluation, with the reason if it failed', () => {
    const begin = generationStart(0, ['max', '', '8-8']);
    const done: RunEvent = { type: 'evaluation', event: entryOf('', 0.91) };
    expect(linesOf(begin)).toEqual(['Generation 0/2: 3 networks to train']);
    expect(linesOf(begin, done)).toEqual(['[1/9] 91.00 %  (no layers)  1,000 parameters  10 s']);
    expect(linesOf(begin, done, { type: 'evaluation', event: failureOf('8-8') })).toEqual([
      '[2/9] failed (timeout: it took longer than 5 s)  8-8  1,000 parameters  10 s',
    ]);
  });

  it('says which networks of a front are trained once more', () => {
    const front: RunEvent = { type: 'frontStart', event: { genomes: ['8-8', 'max'], epochs: [3, 3] } };
    expect(linesOf(front)).toEqual(['Front  2 networks to train on all training images, 3 epochs each']);
  });

  it('has a line for each generation and each epoch of the final training', () => {
    const population = [0.5, 0.7].map((fitness) => ({ genome: 'max', fitness }));
    const best = { genome: 'max', fitness: 0.7 };
    expect(linesOf({ type: 'generation', event: { generation: 1, generations: 2, population, best } })).toEqual([
      'Generation 1/2  best 70.00 %  mean 60.00 %  max',
    ]);
    const epoch = { epoch: 1, loss: 0.5, accuracy: 0.9 };
    const final: RunEvent = {
      type: 'finalProgress',
      event: { id: 'max', genome: 'max', progress: { step: 938, totalSteps: 2 * 938, epoch } },
    };
    expect(linesOf(final)).toEqual(['Epoch 1/2: loss 0.5000, accuracy 90.00 %']);
    expect(linesOf({ ...final, event: { id: 'max', genome: 'max', progress: { step: 5, totalSteps: 100 } } })).toEqual(
      [],
    );
  });
});
