import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, writeIn } from '../../../test/support/data-fixtures.ts';
import { runInProcess } from '../../../test/support/run-program.ts';
import { smallModel } from '../../../test/support/small-model.ts';

/** In the working folder. */
beforeAll(() => {
  mkdirSync('photos');
  writeFileSync('notes.json', '{}');
});

async function lone() {
  const folder = await temporaryFolder();
  const { bytes } = smallModel('4-4-max', { channels: 1, height: 8, width: 8 }, ['cat', 'dog']);
  return { folder, path: await writeIn(folder, 'model.onnx', bytes) };
}

describe('export', () => {
  it('lists the files with their sizes, and says how to use them', async () => {
    const { folder, path } = await lone();
    const out = join(folder, 'torch');
    const { code, stdout, stderr } = await runInProcess('export', path, '--format', 'pytorch', '--out', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const sizes = ['model.py', 'predict.py', 'weights.npz'].map((name) => `  ${name.padEnd(11)} +[\\d.]+ k?B\\n`);
    expect(stdout).toMatch(new RegExp(`^${out}\\n${sizes.join('')}\\nTry it: python3 ${out}/predict\\.py IMAGE\\n$`));
  });

  it('prints one JSON object', async () => {
    const { folder, path } = await lone();
    const { code, stdout } = await runInProcess('export', path, '--format', 'onnx', '--fp16', '--int8', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      folder: join(folder, 'exports', 'onnx'),
      format: 'onnx',
      files: ['model.onnx', 'model-fp16.onnx', 'model-int8.onnx'].map((name) => ({
        name,
        sizeBytes: expect.any(Number),
      })),
      notices: [expect.stringContaining('is not in the folder of a run')],
    });
  });

  it.each([
    [['--format', 'kera'], /^error: --format must be one of onnx, .*, received kera; did you mean keras\?\n$/],
    [['--format', 'csv'], /^error: --format must be one of onnx, safetensors, keras, pytorch, javascript, .*\n$/],
    [['--format', 'keras', '--int8'], /^error: the format keras does not support --int8; use the format onnx\n$/],
    [[], /^error: required option '--format <name>' not specified; [^\n]*\n$/],
    [['--format', 'onnx', '--out', '.'], /^error: .* is not empty; give an empty or a new folder with --out\n$/],
  ])('refuses %j with code 2 and one line', async (args, message) => {
    const { path } = await lone();
    const { code, stdout, stderr } = await runInProcess('export', path, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it.each([
    ['nowhere', /^error: the model nowhere cannot be read: it does not exist; .*\n$/],
    ['photos', /^error: .*photos is not a run: it has no config\.json; .*\n$/],
    ['notes.json', /^error: notes\.json is not an ONNX file \(.*\); .*\n$/],
  ])('refuses %s instead of a run with code 2 and one line', async (run, message) => {
    const { code, stdout, stderr } = await runInProcess('export', run, '--format', 'onnx');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
