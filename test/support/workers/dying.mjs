// A child that notes its process id and dies of every task, with LAST_WORDS if there are any.

import { appendFileSync, writeSync } from 'node:fs';
import { worker } from 'workerpool';

function die() {
  appendFileSync(process.env.PID_FILE ?? '', `${process.pid}\n`);
  if (process.env.LAST_WORDS) writeSync(2, `starting\n${process.env.LAST_WORDS}\n`);
  process.exit(3);
}

worker({ evaluate: die, measure: die });
