// The engines of this machine that need no device of their own, for suites that every one of them passes: the lowerings that
// the processor's provider runs, and WebAssembly.

import { probeBlockSize } from '../../src/engine/lowering/block-size.ts';
import { loadWasmRuntime } from '../../src/engine/node/onnxruntime-web.ts';
import type { Runtime } from '../../src/engine/runtime.ts';
import { blocked } from '../../src/network/lowering/blocked.ts';
import { gpu } from '../../src/network/lowering/gpu.ts';
import { runtime } from './run-graph.ts';

export const blockSize = await probeBlockSize(runtime);
if (blockSize === undefined) console.warn('this runtime has no blocked operators: the blocked lowering is not tested');

export const engines: readonly (readonly [name: string, engine: Runtime])[] = [
  ['plain', runtime],
  ...(blockSize === undefined
    ? []
    : [[`blocked by ${blockSize}`, { ...runtime, lowering: blocked(blockSize) }] as const]),
  ['gpu, on the processor', { ...runtime, lowering: gpu }],
  ['plain, in WebAssembly', await loadWasmRuntime()],
];
