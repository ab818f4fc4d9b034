import { describe, expect, it } from 'vitest';
import { alteredRuntime } from '../../test/support/altered-runtime.ts';
import { runtime } from '../../test/support/run-graph.ts';
import { EngineError } from '../errors.ts';
import { loweringNamed } from '../network/lowering/lowerings.ts';
import { adoptKind, ENGINE_NUMERICS, engineKind, requireEngine } from './engine-kind.ts';
import { chooseLowering } from './lowering/choose-lowering.ts';
import { loadWasmRuntime } from './node/onnxruntime-web.ts';

const { name: fastest } = await chooseLowering(runtime, 'auto');
const altered = alteredRuntime(runtime);

describe('engineKind', () => {
  it('names runtime, lowering and numerics, and hashes the bits of a training', async () => {
    expect(await engineKind(runtime, 'plain')).toMatch(
      new RegExp(`^${runtime.name}, plain, numerics ${ENGINE_NUMERICS}, bits [0-9a-f]{32}$`),
    );
  });

  it('is the same whenever it is found out', async () => {
    for (const lowering of new Set(['plain', fastest] as const)) {
      const another = { ...runtime };
      expect(await engineKind(another, lowering)).toBe(await engineKind(runtime, lowering));
    }
  });

  it.runIf(fastest !== 'plain')('differs between lowerings in its bits', async () => {
    expect(bitsOf(await engineKind(runtime, fastest))).not.toBe(bitsOf(await engineKind(runtime, 'plain')));
  });

  it('differs in its bits where one bit of a step differs', async () => {
    expect(bitsOf(await engineKind(altered, 'plain'))).not.toBe(bitsOf(await engineKind(runtime, 'plain')));
  });

  // WebAssembly has the same arithmetic everywhere: another hash means that our own numerics have changed.
  it('has known bits on WebAssembly', async () => {
    expect(await engineKind(await loadWasmRuntime(), 'plain')).toBe(
      'onnxruntime-web 1.30.0, plain, numerics 3, bits d11b57eb7a4fee7833b656681938a894',
    );
  });
});

describe('requireEngine', () => {
  it('gives the runtime with the lowering where the kind is right, or none is named', async () => {
    for (const kind of [undefined, await engineKind(runtime, fastest)]) {
      const engine = await requireEngine(runtime, fastest, kind);
      expect(engine.name).toBe(runtime.name);
      expect(engine.lowering).toBe((await requireEngine(runtime, fastest)).lowering);
    }
  });

  it('refuses to compute for another kind', async () => {
    const [here, other] = [await engineKind(runtime, 'plain'), await engineKind(altered, 'plain')];
    const refused = requireEngine(runtime, 'plain', other);
    await expect(refused).rejects.toThrow(EngineError);
    await expect(refused).rejects.toThrow(
      `the task is for an engine of the kind "${other}", this process has "${here}"; have it evaluated where the search began`,
    );
  });
});

function bitsOf(kind: string): string {
  return kind.split('bits ')[1] ?? '';
}

describe('adoptKind', () => {
  it('spares a process the probe, and the trial of the lowering', async () => {
    const kind = await engineKind(runtime, fastest);
    const idle = { ...runtime, createSession: () => Promise.reject(new Error('nothing is to be run')) };
    adoptKind(idle, fastest, kind);
    expect(await engineKind(idle, fastest)).toBe(kind);
    expect((await requireEngine(idle, fastest, kind)).lowering).toBe(loweringNamed(fastest));
  });

  it('ignores the kind of another runtime, of other numerics, and of another lowering', async () => {
    const own = { ...runtime };
    adoptKind(own, 'plain', `another runtime 1.0, plain, numerics ${ENGINE_NUMERICS}, bits 0`);
    adoptKind(own, 'plain', `${runtime.name}, plain, numerics ${ENGINE_NUMERICS + 1}, bits 0`);
    adoptKind(own, 'plain', `${runtime.name}, blocked-4, numerics ${ENGINE_NUMERICS}, bits 0`);
    expect(await engineKind(own, 'plain')).toBe(await engineKind(runtime, 'plain'));
  });
});
