import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadDataset } from '../../src/data/load-dataset.ts';
import { AutoCnnError } from '../../src/errors.ts';
import { writeFiles } from '../support/data-cases/data-case.ts';
import { colourPixels } from '../support/data-cases/pictures.ts';
import { describeDataset, describeTruth, type Truth } from '../support/data-cases/truth.ts';
import { doubtIn, renderVariant, type Variant, variants } from '../support/data-cases/variants.ts';

const RUNS = Number(process.env.AUTO_CNN_TEST_VARIANTS ?? 60);

it('reads any layout as what it is, or refuses it where there is a doubt', async () => {
  await fc.assert(fc.asyncProperty(variants, checkVariant), { numRuns: RUNS });
});

async function checkVariant(variant: Variant): Promise<void> {
  const { truth, files, source } = await renderVariant(variant);
  const folder = await mkdtemp(join(tmpdir(), 'auto-cnn-test-'));
  try {
    await writeFiles(join(folder, 'data'), files);
    const found = await describe(join(folder, 'data', source), join(folder, 'cache'), truth);
    if (found instanceof AutoCnnError) {
      expect(['INVALID_INPUT', 'DATA_FORMAT']).toContain(found.code);
      expect(doubtIn(variant), `${found.message}\n${Object.keys(files).join('\n')}`).toBeDefined();
    } else {
      expect(found).toEqual(await describeTruth(truth, (className, index) => colourPixels({ className, index })));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function describe(path: string, cacheDir: string, truth: Truth): Promise<string[] | AutoCnnError> {
  try {
    return describeDataset(await loadDataset(path, { cacheDir }), truth);
  } catch (error) {
    if (error instanceof AutoCnnError) return error;
    throw error;
  }
}
