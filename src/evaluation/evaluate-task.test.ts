import { describe, expect, it } from 'vitest';
import { TOY_TRAINING, toyDataset } from '../../test/support/toy-data.ts';
import type { Runtime } from '../engine/runtime.ts';
import { EngineError } from '../errors.ts';
import { plain } from '../network/lowering/plain.ts';
import { evaluateTask } from './evaluate-task.ts';
import type { EvaluationTask } from './task.ts';

const TASK: EvaluationTask = {
  genome: '2-2',
  dataset: { path: 'unused', fingerprint: 'toy' },
  selection: { seed: 'split', validation: 0.25, purpose: 'search' },
  training: TOY_TRAINING,
  seed: 'candidate',
};

/** A runtime that fails at once. */
const failing = (error: Error): Runtime => ({
  name: 'failing',
  lowering: plain,
  createTensor: (_, data, dims) => ({ data, dims }),
  createSession: () => Promise.reject(error),
});

describe('evaluateTask', () => {
  it.each([
    [new EngineError('the ONNX runtime refused the model: std::bad_alloc'), 'out-of-memory'],
    [new Error('Failed to allocate memory for requested buffer of size 34359738368'), 'out-of-memory'],
    [new RangeError('Array buffer allocation failed'), 'out-of-memory'],
    [new RangeError('Invalid typed array length: 99999999999'), 'out-of-memory'],
    [new EngineError('the ONNX runtime refused the model: no kernel for Fancy'), 'error'],
    [new TypeError('x is not a function'), 'error'],
  ])('takes "%s" for %s', async (error, reason) => {
    expect(await evaluateTask(failing(error), toyDataset(40, 10), TASK)).toEqual({
      fitness: 0,
      history: [],
      bestEpoch: 0,
      failure: { reason, message: error.message },
    });
  });
});
