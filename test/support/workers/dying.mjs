// A child that notes its process id and dies of every task.

import { appendFileSync } from 'node:fs';
import { worker } from 'workerpool';

worker({
  evaluate: () => {
    appendFileSync(process.env.PID_FILE ?? '', `${process.pid}\n`);
    process.exit(3);
  },
});
