// The built command line on devices other than the processor's fast provider: what trains is recorded, and what cannot be
// had is said in one line.

import { describe, expect, it } from 'vitest';
import { cliFolder } from './support/cli.ts';

const { cli, read } = cliFolder();
const SEARCH =
  'search digits --population 2 --generations 0 --channels 4 --max-depth 2 --epochs 1 --final-epochs 1 --workers 1';

/** Imports a module of test/support/ before the program. */
const importing = (name: string) => ({
  shell: `NODE_OPTIONS='--import ${new URL(`./support/${name}.mjs`, import.meta.url).href}' "$@"`,
});

describe('--device', () => {
  it('trains in WebAssembly on purpose, and a run keeps that', async () => {
    const { code, stdout, stderr } = await cli(`${SEARCH} --device wasm --out wasm`, importing('baseline-wasm'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('note: networks');
    const { device, engineKind } = JSON.parse(read('wasm', 'config.json'));
    expect(device).toBe('wasm');
    expect(engineKind).toMatch(/^onnxruntime-web 1\.30\.0, plain, /);
    expect(JSON.parse(read('wasm', 'summary.json'))).toMatchObject({
      failures: 0,
      versions: { runtime: 'onnxruntime-web 1.30.0' },
    });
  });

  it('refuses a name that it does not know', async () => {
    expect(await cli('search digits --device wsam')).toMatchObject({
      code: 2,
      stderr:
        'error: --device must be one of cpu, wasm, webgpu, cuda, coreml, dml, received "wsam"; did you mean wasm?\n',
    });
  });

  it('says so where the WebAssembly file is missing', async () => {
    const { code, stderr } = await cli(`${SEARCH} --device wasm --out none`, importing('without-wasm'));
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: the device wasm cannot be used: WebAssembly does not start \(.*\bENOENT\b.*nowhere.wasm/m,
    );
    expect(stderr).toContain('install onnxruntime-web again');
    expect(() => read('none', 'config.json')).toThrow('ENOENT');
  });

  it.runIf(process.platform === 'linux')('says so where a provider is missing', async () => {
    const { code, stderr } = await cli(`${SEARCH} --device coreml --out none`);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: the device coreml cannot be used: onnxruntime-node 1\.30\.0 has no provider coreml on linux \w+; it has cpu/,
    );
  });

  it('says so where WebGPU has no driver', async () => {
    const { code, stderr } = await cli(`${SEARCH} --device webgpu --out none`, {
      shell: 'VK_DRIVER_FILES=/nowhere "$@"',
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /error: the device webgpu cannot be used: (WebGPU found no|onnxruntime-node .* has no provider)/,
    );
  });
});
