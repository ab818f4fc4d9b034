// A child on a device that fails its first LOST_DEVICES processes for the reason LOSS; PID_FILE counts them.

import { appendFileSync, readFileSync } from 'node:fs';
import { worker } from 'workerpool';

const { PID_FILE = '', LOST_DEVICES = '0', LOSS = 'error' } = process.env;
appendFileSync(PID_FILE, `${process.pid}\n`);
const isLost = readFileSync(PID_FILE, 'utf8').trim().split('\n').length <= Number(LOST_DEVICES);

worker({
  evaluate: () => ({
    outcome: isLost
      ? { fitness: 0, history: [], bestEpoch: 0, failure: { reason: LOSS, message: 'the device was lost' } }
      : { fitness: 0.5, history: [], bestEpoch: 1 },
  }),
});
