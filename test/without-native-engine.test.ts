// The built command line where npm dropped onnxruntime-node: it trains on WebAssembly, and says so once.

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliFolder } from './support/cli.ts';
import { plainImage, writeIn } from './support/data-fixtures.ts';
import { runInFolder } from './support/run-in-folder.ts';

const { work, cli, read } = cliFolder();
const HOOKS = ['without-native', 'baseline-wasm']
  .map((name) => `--import ${new URL(`./support/${name}.mjs`, import.meta.url).href}`)
  .join(' ');
const SEARCH =
  'search digits --population 2 --generations 0 --channels 4 --max-depth 2 --epochs 1 --final-epochs 1 --workers 1 --checkpoint-dir weights';
const NOTICE =
  'note: networks are trained by WebAssembly, about 5 times slower than by onnxruntime-node, which is not installed; ' +
  '"npm install --ignore-scripts auto-cnn" installs it\n';

const withoutNative = (command: string) => cli(command, { shell: `NODE_OPTIONS='${HOOKS}' "$@"` });

describe('without onnxruntime-node', () => {
  it('searches, says once that it is slower, and how to change that', async () => {
    const { code, stdout, stderr } = await withoutNative(`${SEARCH} --out run`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split(NOTICE)).toHaveLength(2);
    expect(JSON.parse(read('run', 'summary.json'))).toMatchObject({
      lowering: 'plain',
      failures: 0,
      versions: { runtime: 'onnxruntime-web 1.30.0' },
    });
  });

  it('goes on with a queue, whose workers may be without it too', async () => {
    cpSync(join(work, 'run'), join(work, 'queued'), { recursive: true });
    rmSync(join(work, 'queued', 'summary.json'));
    const { code, stderr } = await withoutNative('resume queued --queue redis://127.0.0.1:1/0');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: no queue at redis:/);
  });

  it('keeps it out of what --json prints', async () => {
    const { code, stdout } = await withoutNative(`${SEARCH} --out json --json`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ versions: { runtime: 'onnxruntime-web 1.30.0' } });
  });

  it('evaluates and predicts as onnxruntime-node does', async () => {
    const bothWays = async (command: string) => {
      const results = [await withoutNative(command), await runInFolder(work, command)];
      return results.map(({ stdout }) => JSON.parse(stdout));
    };
    const [there, here] = await bothWays('evaluate run digits --json');
    expect(there.accuracy).toBe(here.accuracy);
    expect(there.loss).toBeCloseTo(here.loss, 5);
    await writeIn(work, 'image.png', await plainImage('grey', { height: 8, width: 8 }));
    const [a, b] = await bothWays('predict run image.png --json');
    expect(a.images[0].class).toBe(b.images[0].class);
  });

  it('measures, with the notice beside the figures', async () => {
    const { code, stdout, stderr } = await withoutNative('inspect 4-4 --input 4x4x1 --measure --batch 8 --json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: NOTICE });
    expect(JSON.parse(stdout).trainingStep.ms).toBeGreaterThan(0);
  });
});
