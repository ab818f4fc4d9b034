// A child that notes its process id and dies of every task.

import { appendFileSync } from 'node:fs';
import { worker } from 'workerpool';

function die() {
  appendFileSync(process.env.PID_FILE ?? '', `${process.pid}\n`);
  process.exit(3);
}

worker({ evaluate: die, measure: die });
