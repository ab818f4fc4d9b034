import { describe, expect, it } from 'vitest';
import { EngineError } from '../../errors.ts';
import { fastestRuntime, loadRuntime } from './load-runtime.ts';

const failing = (cause: Error) => () => Promise.reject(new EngineError('it cannot be loaded', { cause }));

describe('loadRuntime', () => {
  it('takes onnxruntime-node without a word, and is asked for it once', async () => {
    const runtime = await loadRuntime();
    expect(runtime.name).toBe('onnxruntime-node 1.30.0');
    expect(runtime.notice).toBeUndefined();
    expect(await loadRuntime()).toBe(runtime);
  });

  it('takes onnxruntime-web where the other is not installed, and names the cure', async () => {
    const missing = Object.assign(new Error("Cannot find package 'onnxruntime-node' imported from x.js"), {
      code: 'ERR_MODULE_NOT_FOUND',
    });
    const runtime = await fastestRuntime(failing(missing));
    expect(runtime.name).toBe('onnxruntime-web 1.30.0');
    expect(runtime.notice).toBe(
      'networks are trained by WebAssembly, about 5 times slower than by onnxruntime-node, which is not installed; "npm install --ignore-scripts auto-cnn" installs it',
    );
  });

  it('says why the other does not load where it is installed', async () => {
    const broken = new Error('libm.so.6: version `GLIBC_2.38` not found\nRequire stack:\n- somewhere');
    const { notice } = await fastestRuntime(failing(broken));
    expect(notice).toBe(
      `networks are trained by WebAssembly, about 5 times slower than by onnxruntime-node, which does not load on ${process.platform} ${process.arch}: libm.so.6: version \`GLIBC_2.38\` not found`,
    );
  });

  it('fails with the reason of the last where neither loads', async () => {
    const none = () => Promise.reject(new EngineError('onnxruntime-web cannot be loaded'));
    await expect(fastestRuntime(failing(new Error('no')), none)).rejects.toThrow('onnxruntime-web cannot be loaded');
  });
});
