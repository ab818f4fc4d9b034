import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder, writeIn } from '../../test/support/data-fixtures.ts';
import { runtime } from '../../test/support/run-graph.ts';
import { smallModel } from '../../test/support/small-model.ts';
import { writeTinyDigits } from '../../test/support/tiny-digits.ts';
import { decodeSafetensors, decodeState } from '../engine/state/safetensors.ts';
import { InProcessEvaluator } from '../evaluation/node/in-process-evaluator.ts';
import { compileDeployable } from '../network/deployable-graph.ts';
import { encodeOnnx } from '../network/onnx/onnx-bytes.ts';
import { toMetadataProps } from '../network/onnx/onnx-metadata.ts';
import { createSearch } from '../search/create-search.ts';
import { EXPORT_FORMATS, exportModel } from './export-model.ts';

const SHAPE = { channels: 1, height: 8, width: 8 };

/** A folder with a model in it, of no run. */
async function loneModel() {
  const folder = await temporaryFolder();
  const model = smallModel('4-4-max', SHAPE, ['cat', 'dog']);
  return { folder, model, path: await writeIn(folder, 'model.onnx', model.bytes) };
}

describe('exportModel', () => {
  it.each(EXPORT_FORMATS)('writes %s into a folder that it makes, each time another', async (format) => {
    const { folder, path } = await loneModel();
    const first = await exportModel(path, format);
    const second = await exportModel(path, format);
    expect([first.folder, second.folder]).toEqual([
      join(folder, 'exports', format),
      join(folder, 'exports', `${format}-2`),
    ]);
    expect(readdirSync(first.folder).sort()).toEqual(first.files.map(({ name }) => name).sort());
    for (const { name, sizeBytes } of first.files) {
      const content = readFileSync(join(first.folder, name));
      expect(content).toHaveLength(sizeBytes);
      expect(content).toEqual(readFileSync(join(second.folder, name)));
    }
  });

  it('copies the model byte by byte as onnx', async () => {
    const { path, model } = await loneModel();
    const { folder, notices } = await exportModel(path, 'onnx');
    expect(Buffer.from(model.bytes)).toEqual(readFileSync(join(folder, 'model.onnx')));
    expect(notices).toEqual([expect.stringMatching(/^Accuracies are unknown: .* is not in the folder of a run/)]);
  });

  it('keeps weights and all that is needed around them as safetensors', async () => {
    const { path, model } = await loneModel();
    const { folder } = await exportModel(path, 'safetensors');
    const file = join(folder, 'model.safetensors');
    const bytes = readFileSync(file);
    expect(decodeState(model.network.layout, bytes, file)).toEqual(model.state);
    const { metadata } = decodeSafetensors(bytes, file);
    expect(metadata).toMatchObject({ genome: '4-4-max', auto_cnn_version: '1.2.3', classes: '["cat","dog"]' });
    expect(JSON.parse(metadata.normalisation ?? '')).toEqual(model.network.normalisation);
    expect(JSON.parse(metadata.input ?? '')).toEqual(SHAPE);
  });

  it('names the nearest format, and what cannot be combined', async () => {
    const { path } = await loneModel();
    await expect(exportModel(path, 'pytroch')).rejects.toThrow(
      /--format must be one of onnx, .*, received pytroch; did you mean pytorch\?$/,
    );
    await expect(exportModel(path, 'keras', { precisions: ['fp16', 'int8'] })).rejects.toThrow(
      'the format keras does not support --fp16 and --int8; use the format onnx',
    );
  });

  it('leaves a folder alone that is not empty, and writes nothing if there is no model', async () => {
    const { folder, path } = await loneModel();
    await expect(exportModel(path, 'keras', { out: folder })).rejects.toThrow(/is not empty; .* with --out$/);
    expect(readdirSync(folder)).toEqual(['model.onnx']);
    const out = join(folder, 'out');
    await expect(exportModel(join(folder, 'gone.onnx'), 'keras', { out })).rejects.toThrow(/it does not exist/);
    expect(existsSync(out)).toBe(false);
  });

  it('says what to do with a model that does not say how its head is made', async () => {
    const { folder, model } = await loneModel();
    const metadata = toMetadataProps({ classes: model.classes, genome: '4-4-max', version: '0.0.1' });
    const bytes = encodeOnnx(compileDeployable(model.network, model.state), { metadata });
    const early = await writeIn(folder, 'early.onnx', bytes);
    await expect(exportModel(early, 'keras')).rejects.toThrow(
      /early\.onnx was written by an early auto-cnn \(0\.0\.1\) .*; train its genome "4-4-max" again/,
    );
  });
});

describe('the exports of a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'auto-cnn-export-'));
  const [run, data] = [join(folder, 'run'), join(folder, 'digits')];

  beforeAll(async () => {
    vi.stubEnv('AUTO_CNN_CACHE', join(folder, 'cache'));
    await writeTinyDigits(data);
    const config = { dataset: { source: data }, genome: '4-8-max', finalEpochs: 2, training: { batchSize: 10 } };
    const search = await createSearch(config, { out: run, evaluator: new InProcessEvaluator(runtime) });
    await search.run();
  });

  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('have the accuracy on the test images that was measured, for each precision', async () => {
    const { testAccuracy } = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8'));
    const { files, notices } = await exportModel(run, 'onnx', { precisions: ['fp16', 'int8'] });
    expect(notices).toEqual([]);
    expect(files.map(({ name }) => name)).toEqual(['model.onnx', 'model-fp16.onnx', 'model-int8.onnx']);
    expect(files[0]?.testAccuracy).toBe(testAccuracy);
    for (const file of files) expect(Math.abs((file.testAccuracy ?? 0) - testAccuracy)).toBeLessThan(0.2);
  });

  it('do without accuracies once the data is gone, and say why', async () => {
    vi.stubEnv('AUTO_CNN_CACHE', await temporaryFolder());
    rmSync(data, { recursive: true });
    const { files, notices } = await exportModel(run, 'onnx');
    expect(files[0]).not.toHaveProperty('testAccuracy');
    expect(notices).toEqual([
      expect.stringMatching(/^Accuracies are unknown, because the data of the run is missing: .*digits/),
    ]);
  });

  it('are refused until there is a model', async () => {
    const unfinished = await temporaryFolder();
    await copyFile(join(run, 'config.json'), join(unfinished, 'config.json'));
    await expect(exportModel(unfinished, 'onnx')).rejects.toThrow(
      /has no model\.onnx yet; finish it with "auto-cnn resume /,
    );
  });
});
