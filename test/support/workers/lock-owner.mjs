// A process that wants a lock, says `held` or why not, and then writes a line to a file every few milliseconds as long as
// the lock is its own: lock-owner.mjs LOCK FILE BEAT_MS

import { appendFileSync } from 'node:fs';
import { acquireLock } from '../../../dist/files/lock.js';

const [path, file, beatMs] = process.argv.slice(2);
try {
  const lock = await acquireLock(path, { beatMs: Number(beatMs) });
  console.log('held');
  setInterval(() => {
    try {
      lock.check();
      appendFileSync(file, `${process.pid}\n`);
    } catch (error) {
      console.log(`${error.code}: ${error.message}`);
      process.exit(4);
    }
  }, 5);
} catch (error) {
  console.log(`${error.code}: ${error.message}`);
}
