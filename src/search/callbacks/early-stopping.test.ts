import { describe, expect, it } from 'vitest';
import type { EpochEvent, EvaluationControl } from './callback.ts';
import { type EarlyStoppingOptions, earlyStopping } from './early-stopping.ts';

/** The epoch, counted from 1, after which a training with such values ends; undefined if it goes on. */
function endOf(options: EarlyStoppingOptions, values: readonly Partial<EpochEvent>[]): number | undefined {
  const callback = earlyStopping(options);
  let end: number | undefined;
  for (const [index, value] of values.entries()) {
    const event = { id: 'a', genome: '4-4', final: false, epoch: index + 1, loss: 1, accuracy: 0, ...value };
    const control: EvaluationControl = {
      stopEvaluation: () => {
        end ??= index + 1;
      },
      stopSearch: () => expect.unreachable(),
    };
    callback.onEpochEnd?.(event, control);
  }
  return end;
}

const validationLosses = (...values: number[]) => values.map((validationLoss) => ({ validationLoss }));
const accuracies = (...values: number[]) => values.map((validationAccuracy) => ({ validationAccuracy }));

describe('earlyStopping', () => {
  it('ends a training after the given number of epochs without an improvement, as Keras does', () => {
    const losses = validationLosses(3, 2, 2.5, 2, 1, 1, 1, 1);
    expect(endOf({}, losses)).toBe(3);
    expect(endOf({ patience: 1 }, losses)).toBe(3);
    expect(endOf({ patience: 2 }, losses)).toBe(4);
    expect(endOf({ patience: 3 }, losses)).toBe(8);
    expect(endOf({ patience: 4 }, losses)).toBeUndefined();
  });

  it('wants losses lower and everything else higher', () => {
    expect(endOf({ monitor: 'validationAccuracy' }, accuracies(0.1, 0.2, 0.3))).toBeUndefined();
    expect(endOf({ monitor: 'val_accuracy' }, accuracies(0.3, 0.2, 0.4))).toBe(2);
    expect(endOf({ monitor: 'val_loss' }, validationLosses(0.3, 0.2, 0.4))).toBe(3);
    expect(endOf({ monitor: 'loss' }, [{ loss: 2 }, { loss: 1 }, { loss: 1 }])).toBe(3);
    expect(endOf({ monitor: 'accuracy' }, [{ accuracy: 0.5 }, { accuracy: 0.4 }])).toBe(2);
    const scores = [0.2, 0.3, 0.3].map((score) => ({ metrics: { 'macro-f1': score } }));
    expect(endOf({ monitor: 'macro-f1' }, scores)).toBe(3);
  });

  it('counts only what is more than minDelta as an improvement', () => {
    const values = accuracies(0.5, 0.53, 0.54, 0.61);
    expect(endOf({ monitor: 'validationAccuracy', minDelta: 0.05, patience: 2 }, values)).toBe(3);
    expect(endOf({ monitor: 'validationAccuracy', minDelta: 0.05, patience: 3 }, values)).toBeUndefined();
  });

  it('watches each training by itself', () => {
    const { onEpochEnd } = earlyStopping({ monitor: 'loss' });
    const control = { stopEvaluation: () => expect.unreachable(), stopSearch: () => expect.unreachable() };
    for (const [id, loss] of [
      ['a', 1],
      ['b', 2],
      ['a', 0.5],
      ['b', 1],
    ] as const) {
      onEpochEnd?.({ id, genome: id, final: false, epoch: 1, loss, accuracy: 0 }, control);
    }
  });

  it('lets a final training be that has no such value, and asks for a metric that the search does not measure', () => {
    expect(endOf({}, [{ final: true }, { final: true }])).toBeUndefined();
    expect(() => endOf({ monitor: 'macro-f1' }, [{}])).toThrow('macro-f1 is not measured; add it to metrics');
  });

  it.each<[object, string]>([
    [{ monitor: 'val_acc' }, 'monitor of earlyStopping must be one of loss, accuracy'],
    [{ monitor: 'val_los' }, 'did you mean val_loss?'],
    [{ patience: -1 }, 'patience of earlyStopping must be a whole number of epochs, received -1'],
    [{ patience: 1.5 }, 'patience of earlyStopping must be a whole number of epochs, received 1.5'],
    [{ minDelta: Number.NaN }, 'minDelta of earlyStopping must be at least 0, received NaN'],
  ])('refuses %j', (options, message) => {
    expect(() => earlyStopping(options)).toThrow(message);
  });
});
