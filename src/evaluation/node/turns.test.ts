import { beforeEach, describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

const never = new AbortController().signal;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

let turns: Turns;
/** Who got in, in order. */
let inside: string[];
beforeEach(() => {
  turns = new Turns(2);
  inside = [];
});

async function take(name: string, places: number, signal = never): Promise<() => void> {
  const leave = await turns.take(places, signal);
  inside.push(name);
  return leave;
}

describe('turns', () => {
  it('go to as many as there are places, the others in the order in which they came', async () => {
    const leaveA = await take('a', 1);
    await take('b', 1);
    const [c, d] = [take('c', 1), take('d', 1)];
    await nextTurn();
    expect(inside).toEqual(['a', 'b']);
    leaveA();
    (await c)();
    await d;
    expect(inside).toEqual(['a', 'b', 'c', 'd']);
  });

  it('go to one alone when all before it are done, and to those after it when it is done', async () => {
    const [leaveA, leaveB] = [await take('a', 1), await take('b', 1)];
    const [alone, later] = [take('alone', 2), take('later', 1)];
    leaveA();
    await nextTurn();
    expect(inside).toEqual(['a', 'b']);
    leaveB();
    const leave = await alone;
    await nextTurn();
    expect(inside).toEqual(['a', 'b', 'alone']);
    leave();
    await later;
    expect(inside).toEqual(['a', 'b', 'alone', 'later']);
  });

  it('do not stop for one that gives up waiting to be alone', async () => {
    await take('a', 1);
    const abort = new AbortController();
    const [alone, later] = [take('alone', 2, abort.signal), take('later', 1)];
    abort.abort('enough');
    await expect(alone).rejects.toMatchObject({ reason: 'cancelled', cause: 'enough' });
    await later;
    expect(inside).toEqual(['a', 'later']);
  });

  it('do not go to one that had given up before', async () => {
    await expect(take('late', 1, AbortSignal.abort())).rejects.toMatchObject({ reason: 'cancelled' });
    await take('alone', 2);
    expect(inside).toEqual(['alone']);
  });

  it('go on after several were alone', async () => {
    const first = await take('first', 2);
    const second = take('second', 2);
    first();
    (await second)();
    await Promise.all([take('a', 1), take('b', 1)]);
    expect(inside).toEqual(['first', 'second', 'a', 'b']);
  });
});
