// Loaded before `auto-cnn worker`, which then says that its trainings are as many times as fast as they were measured as its
// address says, such as declares-speed.mjs?times=100, and that it is on another machine.

import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { ProcessPoolEvaluator } from '../../dist/evaluation/node/process-pool-evaluator.js';

const times = Number(new URL(import.meta.url).searchParams.get('times'));
const { measureSpeed } = ProcessPoolEvaluator.prototype;

ProcessPoolEvaluator.prototype.measureSpeed = async function (...args) {
  const { rate, byteWork } = await measureSpeed.apply(this, args);
  return { rate: times * rate, byteWork };
};

const host = `far-from-${os.hostname()}`;
os.hostname = () => host;
syncBuiltinESMExports();
