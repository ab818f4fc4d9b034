// The exported program, run by Python as it is, against the model that it was made of: with Keras where it is installed,
// and always with a small re-implementation of its layers, which shows that names, shapes and layouts are right.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import {
  EXPORTABLE,
  exportedFolder,
  IMAGE_NAMES,
  largestDifference,
  linesOf,
  PYTHON_ENV,
  predictInEach,
  pythonWith,
} from '../../test/support/exported.ts';
import { exportKeras } from './keras.ts';

// Loading the framework alone takes a while.
vi.setConfig({ testTimeout: 300_000 });

const standIn = fileURLToPath(new URL('../../test/support/numpy-keras', import.meta.url));
const PYTHONS = [
  { title: 'Keras', how: '"pip install keras jax pillow" brings it', python: pythonWith('keras', 'PIL'), path: '' },
  {
    title: 'a stand-in for Keras on numpy',
    how: '"apt-get install python3-numpy python3-pil" brings what it needs',
    python: pythonWith('numpy', 'PIL'),
    path: standIn,
  },
];

describe.each(PYTHONS)('the Keras program, run with $title', ({ how, python, path }) => {
  const skipped = python === undefined ? ` (skipped: ${how})` : '';

  it.skipIf(python === undefined)(`gives the same probabilities, from image files${skipped}`, async () => {
    const folders: string[] = [];
    for (const { model } of EXPORTABLE) folders.push(await exportedFolder(exportKeras(model), model.metadata.input));
    const { stdout, stderr, status } = predictInEach(python ?? '', folders, path);
    expect({ stderr: status === 0 ? '' : stderr, status }).toEqual({ stderr: '', status: 0 });
    const answers = linesOf<{ probabilities: number[] }[]>(stdout);
    for (const [i, { name, model }] of EXPORTABLE.entries()) {
      const probabilities = answers[i]?.flatMap((answer) => answer.probabilities) ?? [];
      expect(await largestDifference(model, probabilities), name).toBeLessThan(1e-4);
    }
  });

  // The same `predict.py` as of the PyTorch program.
  it.skipIf(python === undefined)(
    'prints the likeliest classes, and says in a line what is wrong with an image',
    async () => {
      const [{ model }] = EXPORTABLE;
      const folder = await exportedFolder(exportKeras(model), model.metadata.input);
      const run = (...args: readonly string[]) =>
        spawnSync(python ?? '', ['predict.py', ...args], {
          cwd: folder,
          encoding: 'utf8',
          env: { ...PYTHON_ENV, PYTHONPATH: path },
        });
      const [image = ''] = IMAGE_NAMES;
      const answer = run(image);
      expect(answer.stdout).toMatch(/^\S+\.png( {2}\S.* \d+\.\d\d%){3}\n$/);
      const { status, stdout, stderr } = run(image, 'model.py');
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/^error: [^\n]*model\.py[^\n]*\n$/);
    },
  );
});
