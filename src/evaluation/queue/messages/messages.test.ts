import { describe, expect, it } from 'vitest';
import { TOY_TRAINING } from '../../../../test/support/toy-data.ts';
import { DataFormatError } from '../../../errors.ts';
import { createRng } from '../../../random/rng.ts';
import type { EvaluationTask } from '../../task.ts';
import { LARGEST_MESSAGE_BYTES, readProgress, readResult, readSearch, readTask, readWorker } from './messages.ts';
import { taskIdOf, tribeOf } from './queue-names.ts';
import { fromAnswerError, toAnswerError, toMessage, toTask } from './task-message.ts';

const HASH = 'ab'.repeat(32);
const task: EvaluationTask = {
  id: 'a1b2',
  genome: '8-8-max',
  dataset: { path: '/here/data.pack', fingerprint: HASH },
  selection: { seed: '1/data', validation: 0.2, splits: 3, purpose: 'search' },
  training: TOY_TRAINING,
  lowering: 'plain',
  seed: '1/search/8-8-max',
  parent: { id: 'c3d4', path: '/here/parent.safetensors', genome: '8-8' },
  checkpointPath: '/here/a1b2.safetensors',
};
const part = {
  ...task,
  selection: { seed: '1/data', validation: 0.2, purpose: 'final', leaveOut: { fold: 0, folds: 5 } },
  part: {
    ...{ from: 10, to: 20, replica: 0, replicas: 1 },
    plan: [{ at: 0, total: 40 }],
    start: [{ id: 'e5f6', path: '/here/state' }],
  },
} as const satisfies EvaluationTask;
const context = {
  kind: 'some kind',
  data: { sha256: HASH, bytes: 10 },
  parent: { sha256: HASH, bytes: 20 },
  timeoutMs: 1000,
};
const there = { data: '/there/data', parent: '/there/parent', checkpoint: '/there/checkpoint' };

describe('a task', () => {
  it('arrives as it was sent, with the paths of the other machine', () => {
    const { message } = toMessage(task, context);
    const read = readTask(JSON.stringify(message));
    expect(read).toEqual({ message });
    expect(toTask(message, there)).toEqual({
      ...task,
      dataset: { path: '/there/data', fingerprint: HASH },
      parent: { id: 'c3d4', path: '/there/parent', genome: '8-8' },
      checkpointPath: '/there/checkpoint',
      details: false,
      weights: false,
    });
    expect(JSON.stringify(message)).not.toContain('/here');
  });

  it('that is a part of a final training arrives with the states that it starts from', () => {
    const { message } = toMessage(part, { ...context, states: [context.parent], threads: 2 });
    expect(readTask(JSON.stringify(message))).toEqual({ message });
    expect(message).toMatchObject({ states: [context.parent], threads: 2 });
    const start = [{ id: 'e5f6', path: '/there/state' }];
    expect(toTask(message, { ...there, states: ['/there/state'] }).part).toEqual({ ...part.part, start });
    expect(JSON.stringify(message)).not.toContain('/here');
  });

  it('has an id that its receiver computes again, and that no path, no time limit and no order of keys changes', () => {
    const { taskId, message } = toMessage(task, context);
    const read = readTask(JSON.stringify(message));
    const received = 'message' in read ? read.message.task : undefined;
    expect(taskIdOf([tribeOf(context.kind), received, true])).toBe(taskId);
    const reordered = Object.fromEntries(Object.entries(task).reverse()) as unknown as EvaluationTask;
    const elsewhere = { ...reordered, dataset: { path: '/elsewhere', fingerprint: HASH } };
    expect(toMessage(elsewhere, { ...context, timeoutMs: 5 }).taskId).toBe(taskId);
    expect(taskId).toMatch(/^task-[0-9a-f]{32}$/);
  });

  it.each([
    ['genome', { genome: '8-8' }],
    ['seed', { seed: 'other' }],
    ['length', { training: { ...TOY_TRAINING, epochs: 7 } }],
    ['data', { dataset: { path: '/here/data.pack', fingerprint: 'other' } }],
    ['parent', { parent: { id: 'e5f6', path: '/here/parent.safetensors', genome: '8-8' } }],
  ])('has another id with another %s', (_, change) => {
    const { taskId } = toMessage({ ...task, ...change }, context);
    expect(taskId).not.toBe(toMessage(task, context).taskId);
  });

  it('has another id for another kind of engine', () => {
    expect(toMessage(task, { ...context, kind: 'other' }).taskId).not.toBe(toMessage(task, context).taskId);
  });

  it('that a queue cannot carry is refused with what is wrong', () => {
    expect(() => toMessage({ ...task, seed: 'x'.repeat(3000) }, context)).toThrow(/cannot be sent .* seed/);
  });

  it('brings errors back with the paths of the search', () => {
    const here = { data: '/here/data.pack', parent: '/here/parent', checkpoint: undefined };
    const error = new DataFormatError('/there/data is damaged', { details: { path: '/there/data' } });
    const answer = toAnswerError(error, there);
    expect(JSON.stringify(answer)).not.toContain('/there');
    expect(fromAnswerError(answer, here)).toMatchObject({
      code: 'DATA_FORMAT',
      message: '/here/data.pack is damaged',
      details: { path: '/here/data.pack' },
    });
  });
});

describe('messages', () => {
  const valid = JSON.stringify(toMessage(task, context).message);
  const partText = JSON.stringify(toMessage(part, { ...context, states: [context.parent] }).message);
  const readers = { readTask, readResult, readProgress, readSearch, readWorker };

  it('of 10,000 that are malformed, almost all are refused, none throws, and none is taken for more than it says', () => {
    const rng = createRng('malformed messages');
    let refused = 0;
    for (let i = 0; i < 10_000; i++) {
      const text = malform(valid, rng.integer(0, 4), rng);
      if (text === valid) continue;
      for (const read of Object.values(readers)) {
        const parsed = read(text);
        // A change of a character may leave a message right; it then says what the text says, no more and no less.
        if ('message' in parsed) expect(parsed.message).toEqual(JSON.parse(text));
        else refused++;
      }
    }
    expect(refused).toBeGreaterThan(45_000);
  });

  it.each([
    ['is too large', `${valid.slice(0, -1)},"x":"${'x'.repeat(LARGEST_MESSAGE_BYTES)}"}`, /larger than/],
    ['is not JSON', valid.slice(0, -1), /not JSON/],
    ['has a path for a name', valid.replace(`"fingerprint":"${HASH}"`, '"fingerprint":"../../etc"'), /fingerprint/],
    ['has an unknown key', valid.replace('{"task"', '{"run":"rm -rf /","task"'), /run/],
    ['has a negative limit', valid.replace('"timeoutMs":1000', '"timeoutMs":-1'), /timeoutMs/],
    ['has another optimiser', valid.replace('"name":"adam"', '"name":"eval"'), /optimiser/],
    ['has a part without its state', partText.replace(/,"states":\[[^\]]*\]/, ''), /states/],
    ['has more states than its part starts from', valid.replace('{"task"', '{"states":[],"task"'), /states/],
  ])('are refused if one %s', (_, text, problem) => {
    expect([valid, partText]).not.toContain(text);
    expect(readTask(text)).toEqual({ problem: expect.stringMatching(problem) });
  });
});

function malform(text: string, how: number, rng: ReturnType<typeof createRng>): string {
  const at = rng.integer(0, text.length - 1);
  switch (how) {
    case 0:
      return text.slice(0, at);
    case 1:
      return `${text.slice(0, at)}${String.fromCharCode(rng.integer(0, 0xffff))}${text.slice(at + 1)}`;
    case 2:
      return `${text.slice(0, at)}${text.slice(at + rng.integer(1, 20))}`;
    case 3:
      return rng.pick(['null', '[]', '{}', '""', '1e999', '{"__proto__":1}', `[${'['.repeat(500)}`, '\u0000']);
    default:
      return `${text.slice(0, at)}${text.slice(rng.integer(0, text.length - 1))}`;
  }
}
