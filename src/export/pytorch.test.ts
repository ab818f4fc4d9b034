// The exported program, run by Python as it is, against the model that it was made of.

import { describe, expect, it, vi } from 'vitest';
import {
  EXPORTABLE,
  exportedFolder,
  IMAGE_NAMES,
  largestDifference,
  linesOf,
  predictInEach,
  pythonWith,
} from '../../test/support/exported.ts';
import { exportPyTorch } from './pytorch.ts';

// Loading the framework alone takes a while.
vi.setConfig({ testTimeout: 300_000 });

const python = pythonWith('torch', 'numpy', 'PIL');
const skipped = python === undefined ? ' (skipped: "apt-get install python3-torch python3-pil" brings PyTorch)' : '';

describe.skipIf(python === undefined)(`the PyTorch program${skipped}`, () => {
  it('gives the same probabilities, from image files', async () => {
    const folders: string[] = [];
    for (const { model } of EXPORTABLE) folders.push(await exportedFolder(exportPyTorch(model), model.metadata.input));
    const { stdout, stderr, status } = predictInEach(python ?? '', folders);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const answers = linesOf<{ file: string; probabilities: number[] }[]>(stdout);
    for (const [i, { name, model }] of EXPORTABLE.entries()) {
      expect(answers[i]?.map(({ file }) => file)).toEqual(IMAGE_NAMES);
      const probabilities = answers[i]?.flatMap((answer) => answer.probabilities) ?? [];
      expect(await largestDifference(model, probabilities), name).toBeLessThan(1e-4);
    }
  });
});
