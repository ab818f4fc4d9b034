// The built command line on devices other than the processor's fast provider: what trains is recorded, and what cannot be
// had is said in one line.

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEVICES } from '../src/engine/device.ts';
import { readFinished } from './faults/finished-run.ts';
import { cliFolder } from './support/cli.ts';

const { work, cli, read } = cliFolder();
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

  it('trains in WebAssembly to the same end if the run is killed and resumed', async () => {
    const { shell } = importing('baseline-wasm');
    const killed = await cli(`${SEARCH} --device wasm --out killed`, {
      shell: shell.replace('"$@"', 'exec "$@"'),
      onStdout: (process, text) => /\[1\/2\]/.test(text) && process.kill('SIGKILL'),
    });
    expect(killed.code).toBeNull();
    expect(await cli('resume killed', { shell })).toMatchObject({ code: 0 });
    expect(readFinished(join(work, 'killed'))).toEqual(readFinished(join(work, 'wasm')));
  });

  it('says of a run that goes on what is wrong with its device, and loses nothing', async () => {
    cpSync(join(work, 'killed'), join(work, 'stuck'), { recursive: true });
    rmSync(join(work, 'stuck', 'summary.json'));
    const { code, stderr } = await cli('resume stuck', importing('without-wasm'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: the device wasm cannot be used: .*; resume the run where it was begun$/m);
    expect(read('stuck', 'journal.jsonl')).toBe(read('killed', 'journal.jsonl'));
  });

  it('refuses a lowering that the device cannot run', async () => {
    const { code, stderr } = await cli(`${SEARCH} --device wasm --lowering blocked --out none`);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: the lowering blocked cannot be had: onnxruntime-web 1\.30\.0 has no blocked operators/m,
    );
  });

  it('refuses a queue beside it', async () => {
    expect(await cli(`${SEARCH} --device wasm --queue redis://127.0.0.1:1/0 --out none`)).toMatchObject({
      code: 2,
      stderr: 'error: the workers of a queue train on processors, but device is wasm; leave one of them out\n',
    });
  });

  it('refuses a name that it does not know', async () => {
    expect(await cli('search digits --device wsam')).toMatchObject({
      code: 2,
      stderr:
        'error: --device must be one of auto, cpu, wasm, webgpu, cuda, coreml, dml, received "wsam"; did you mean wasm?\n',
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

describe('a driver that ends the process', () => {
  it('does so to a child: the reason is said in one line', async () => {
    expect(await cli(`${SEARCH} --device webgpu --out none`, importing('deadly-driver'))).toMatchObject({
      code: 2,
      stderr:
        'error: the device webgpu cannot be used: the process that tried it ended with SIGSEGV; its last words: driver: no such queue; train on the device cpu, or on another machine\n',
    });
    expect(() => read('none', 'config.json')).toThrow('ENOENT');
  });

  it('leaves the other devices to auto', async () => {
    const { code, stdout, stderr } = await cli(`${SEARCH} --device auto --out deadly`, importing('deadly-driver'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/note: the device auto is cpu, where a process trains [\d,]+ small images a second/);
  });
});

describe('auto-cnn devices', () => {
  it('shows what passes its self-check and how fast it is, and why the rest is left out', async () => {
    const { code, stdout } = await cli('devices --json', { shell: 'VK_DRIVER_FILES=/nowhere "$@"' });
    expect(code).toBe(0);
    const { genome, devices } = JSON.parse(stdout);
    expect(genome).toBe('16-16-max-32-32');
    expect(devices.map(({ device }: { device: string }) => device)).toEqual(DEVICES);
    const [cpu, wasm, webgpu] = devices;
    expect(cpu).toEqual({
      device: 'cpu',
      runtime: 'onnxruntime-node 1.30.0',
      lowering: expect.any(String),
      engineKind: expect.stringMatching(/^onnxruntime-node 1\.30\.0, /),
      imagesPerSecond: expect.any(Number),
    });
    expect(wasm).toMatchObject({ runtime: 'onnxruntime-web 1.30.0', lowering: 'plain' });
    expect(wasm.imagesPerSecond).toBeGreaterThan(0);
    expect(webgpu).toEqual({ device: 'webgpu', trouble: expect.stringMatching(/WebGPU found no|has no provider/) });
  });

  it('prints a table', async () => {
    const { code, stdout } = await cli('devices', { shell: 'VK_DRIVER_FILES=/nowhere "$@"' });
    expect(code).toBe(0);
    const [head, cpu] = stdout.split('\n');
    expect(head).toMatch(/^Device +Images\/s +Lowering +Runtime +Self-check$/);
    expect(cpu).toMatch(/^cpu +[\d,]+ +\S+ +onnxruntime-node 1\.30\.0 +passed$/);
  });

  it('has a search take the fastest that passes, and keep it', async () => {
    const { code, stdout } = await cli(`${SEARCH} --device auto --out auto`, {
      shell: 'VK_DRIVER_FILES=/nowhere "$@"',
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/note: the device auto is cpu, where a process trains [\d,]+ small images a second/);
    expect(JSON.parse(read('auto', 'config.json')).device).toBe('cpu');
  });
});
