// The pool's own child script, which first notes its process id in the file that PID_FILE names.

import { appendFileSync } from 'node:fs';

appendFileSync(process.env.PID_FILE ?? '', `${process.pid}\n`);
await import('../../../dist/evaluation/node/worker.js');
