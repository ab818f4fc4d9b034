import { expect, it } from 'vitest';
import type { QueueState } from '../../internal.ts';
import { queueText } from './queue-text.ts';

const tribe = { version: '0.1.0', protocol: 1, kind: 'onnxruntime-node 1.30.0, plain, numerics 3, bits abc' };
const state: QueueState = {
  queues: [{ name: 'auto-cnn-0.1.0-abc', ...tribe, waiting: 12, active: 3, differences: 1 }],
  searches: [{ ...tribe, id: 's', name: 'runs/photos-1', host: 'laptop', outstanding: 15, done: 1234, failed: 2 }],
  workers: [
    { ...tribe, id: 'big-1', host: 'big', pid: 1, slots: 8, rate: 2.5e10, running: ['a', 'b'], done: 1200, failed: 1 },
    { ...tribe, id: 'new-1', host: 'new', pid: 3, slots: 1, running: ['d'], done: 2, failed: 0, reservedFor: 's' },
    { ...tribe, id: 'odd-1', host: 'odd', pid: 2, slots: 1, running: ['c'], done: 34, failed: 1, isAside: true },
  ],
};

it('the state of a queue is three tables', () => {
  expect(queueText('redis://host:6379/0', state, 120)).toEqual([
    'redis://host:6379/0: 1 search, 3 workers, 10 trainings at the same time',
    '',
    'auto-cnn-0.1.0-abc  12 waiting, 3 in training, 1 pair of results differ',
    '  version 0.1.0, onnxruntime-node 1.30.0, plain, numerics 3, bits abc',
    '',
    'Search             on  asked for   done  failed',
    'runs/photos-1  laptop         15  1,234       2',
    '',
    'Worker                                   slots  busy      work/s   done  failed',
    'big-1                                        8     2  25.0 GFLOP  1,200       1',
    'new-1 (final training of runs/photos-1)      1     1           –      2       0',
    'odd-1 (put aside)                            1     1           –     34       1',
  ]);
});

it('a queue without anybody is one line, and no line is wider than the terminal', () => {
  expect(queueText('redis://host:6379/0', { queues: [], searches: [], workers: [] }, 120)).toHaveLength(1);
  for (const line of queueText('redis://host:6379/0', state, 40)) expect(line.length).toBeLessThanOrEqual(40);
});
