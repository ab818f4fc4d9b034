// The exported program, run by Python as it is, against the model that it was made of: with Keras where it is installed,
// and always with a small re-implementation of its layers, which shows that names, shapes and layouts are right.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { EXPORTABLE, exportedFolder, largestDifference, PYTHON_ENV, pythonWith } from '../../test/support/exported.ts';
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

  it.skipIf(python === undefined).each(EXPORTABLE)(
    `gives the same probabilities, from image files: $name${skipped}`,
    async ({ model }) => {
      const { folder, images } = await exportedFolder(exportKeras(model), model.metadata.input);
      const { stdout, stderr, status } = spawnSync(python ?? '', ['predict.py', ...images, '--json'], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...PYTHON_ENV, PYTHONPATH: path },
      });
      expect({ stderr: status === 0 ? '' : stderr, status }).toEqual({ stderr: '', status: 0 });
      const answers: { file: string; probabilities: number[] }[] = JSON.parse(stdout);
      const probabilities = answers.flatMap((answer) => answer.probabilities);
      expect(await largestDifference(model, probabilities)).toBeLessThan(1e-4);
    },
  );
});
