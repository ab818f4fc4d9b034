// The flags that say what trains, and where it keeps what it may share.

import { type ConfigFlag, flag } from './data-flags.ts';
import { parseNumber, parseSeconds, parseText } from './option-values.ts';

export const MACHINE_FLAGS: readonly ConfigFlag[] = [
  flag('--workers <n>', 'workers', 'child processes (default: one per core)', parseNumber),
  flag('--device <name>', 'device', 'cpu, wasm, webgpu, cuda, coreml, dml or auto (default: cpu)', parseText),
  flag('--lowering <name>', 'lowering', 'plain, blocked (the fast layout of the CPU) or auto', parseText),
  flag('--timeout <time>', 'timeoutSeconds', 'longest training of a candidate, such as 90s', parseSeconds),
  flag('--logs-dir <folder>', 'logsDir', 'folder for TensorBoard (default: tensorboard in the run folder)', parseText),
  flag('--fitness-cache <file>', 'fitnessCache', 'file of finished evaluations, shared between runs', parseText),
  flag(
    '--checkpoint-dir <folder>',
    'checkpointDir',
    'folder of weights, shared between runs: nothing is trained twice',
    parseText,
  ),
  flag('--no-tensorboard', 'tensorboard', 'write no event files', parseText),
];
