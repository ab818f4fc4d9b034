// The exported program, run by Python as it is, against the model that it was made of.

import { spawnSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { EXPORTABLE, exportedFolder, IMAGES, largestDifference, pythonWith } from '../../test/support/exported.ts';
import { exportPyTorch } from './pytorch.ts';

// Loading the framework alone takes a while.
vi.setConfig({ testTimeout: 300_000 });

const python = pythonWith('torch', 'numpy', 'PIL');
const skipped = python === undefined ? ' (skipped: "apt-get install python3-torch python3-pil" brings PyTorch)' : '';

describe.skipIf(python === undefined)(`the PyTorch program${skipped}`, () => {
  const run = (cwd: string, ...args: readonly string[]) =>
    spawnSync(python ?? '', ['predict.py', ...args], { cwd, encoding: 'utf8' });

  it.each(EXPORTABLE)('gives the same probabilities, from image files: $name', async ({ model }) => {
    const { folder, images } = await exportedFolder(exportPyTorch(model), model.metadata.input);
    const { stdout, stderr, status } = run(folder, ...images, '--json');
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const answers: { file: string; probabilities: number[] }[] = JSON.parse(stdout);
    expect(answers.map(({ file }) => file)).toEqual(images);
    expect(answers).toHaveLength(IMAGES);
    expect(
      await largestDifference(
        model,
        answers.flatMap(({ probabilities }) => probabilities),
      ),
    ).toBeLessThan(1e-4);
  });

  it('prints the likeliest classes, and says in a line what is wrong with an image', async () => {
    const [{ model }] = EXPORTABLE;
    const { folder, images } = await exportedFolder(exportPyTorch(model), model.metadata.input);
    const [image = ''] = images;
    const answer = run(folder, image);
    expect(answer.stdout).toMatch(/^\S+\.png( {2}\S.* \d+\.\d\d%){3}\n$/);
    const { status, stdout, stderr } = run(folder, image, 'model.py');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]*model\.py[^\n]*\n$/);
  });
});
