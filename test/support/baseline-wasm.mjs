// Imported before a program: V8 compiles WebAssembly without optimising it, which takes longer than a short test gains by it.

import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--liftoff-only');
