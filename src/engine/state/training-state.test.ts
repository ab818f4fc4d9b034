import { describe, expect, it } from 'vitest';
import { averageStates, type TrainingState } from './training-state.ts';

const stateOf = (values: readonly number[], steps = 3): TrainingState => ({
  parameters: Float32Array.from(values),
  statistics: Float32Array.from(values.slice(0, 1)),
  slots: { velocity: Float32Array.from(values, (value) => -value) },
  steps,
});

describe('averageStates', () => {
  it('is the mean of every element, rounded once', () => {
    const mean = averageStates([stateOf([1, 2]), stateOf([2, 5]), stateOf([6, 5], 4)]);
    expect(mean).toEqual({ ...stateOf([3, 4], 4) });
    // In single precision, the sum would lose the small ones.
    const [large, small] = [2 ** 24, 1];
    const { parameters } = averageStates([stateOf([large]), stateOf([small]), stateOf([small]), stateOf([-large])]);
    expect([...parameters]).toEqual([0.5]);
  });

  it('leaves a single one as it is', () => {
    const state = stateOf([0.1]);
    expect(averageStates([state])).toBe(state);
  });
});
