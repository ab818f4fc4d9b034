// The lowerings that this machine's runtime can run, for suites that every one of them passes.

import { probeBlockSize } from '../../src/engine/lowering/block-size.ts';
import { blocked } from '../../src/network/lowering/blocked.ts';
import type { Lowering } from '../../src/network/lowering/lower.ts';
import { plain } from '../../src/network/lowering/plain.ts';
import { runtime } from './run-graph.ts';

export const blockSize = await probeBlockSize(runtime);
if (blockSize === undefined) console.warn('this runtime has no blocked operators: only the plain lowering is tested');

export const lowerings: readonly (readonly [name: string, lowering: Lowering])[] = [
  ['plain', plain],
  ...(blockSize === undefined ? [] : [[`blocked by ${blockSize}`, blocked(blockSize)] as const]),
];
