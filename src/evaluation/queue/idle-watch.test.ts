import { expect, it } from 'vitest';
import { IdleWatch } from './idle-watch.ts';

const look = (watch: IdleWatch, times: number, pending: number, slots: number): (string | undefined)[] =>
  Array.from({ length: times }, () => watch.look(pending, slots)).filter((note) => note !== undefined);

it('workers that are idle a fifth of the time or less are not worth a note', () => {
  expect(look(new IdleWatch(), 100, 16, 20)).toEqual([]);
  expect(look(new IdleWatch(), 100, 50, 20)).toEqual([]);
});

it('a search that keeps too few of them busy is told once, with how many it uses', () => {
  const watch = new IdleWatch();
  expect(look(watch, 19, 8, 20)).toEqual([]);
  expect(look(watch, 100, 8, 20)).toEqual([
    expect.stringMatching(/idle 60 % of the time: .* 8 trainings at the same time at most, and there is room for 20/),
  ]);
});

it('a search that keeps all of them busy only now and then is told that, too', () => {
  const watch = new IdleWatch();
  expect(look(watch, 10, 20, 20)).toEqual([]);
  expect(look(watch, 10, 2, 20)).toEqual([
    expect.stringMatching(
      /^workers are idle 45 % of the time: they wait for the last networks of a generation; a larger/,
    ),
  ]);
});

it('a queue without workers has none that are idle', () => {
  expect(look(new IdleWatch(), 100, 1, 0)).toEqual([]);
});
