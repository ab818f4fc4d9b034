import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../run/resolve-config.ts';
import { membersFor, passesOf, trainingsOf, viewsOf } from './views.ts';

const DATA = { dataset: { source: 'mnist' } };
const viewsWith = (settings: object) => resolveConfig({ ...DATA, ...settings }, 'the test').views;

describe('views', () => {
  it.each([
    [{}, 1],
    [{ budget: '5m' }, 'auto'],
    [{ budget: '5m', genome: '8-8' }, 'auto'],
    [{ budget: '5m', genome: '8-8', searchSpace: { maxFlops: 1e6 } }, 'auto'],
    [{ budget: '5m', searchSpace: { maxFlops: 1e6 } }, 1],
    [{ budget: '5m', objectives: ['accuracy', 'latency'] }, 1],
    [{ budget: '5m', preset: 'cnn-ga' }, 1],
    [{ budget: '5m', preset: 'autocnn' }, 1],
    [{ budget: '5m', preset: 'autocnn', views: 'auto' }, 'auto'],
    [{ budget: '5m', views: 1 }, 1],
    [{ views: 2 }, 2],
  ] as const)('are, with %o, %s', (settings, expected) => {
    expect(viewsWith(settings)).toBe(expected);
  });

  it.each([{}, { budget: '5m', objectives: ['accuracy', 'flops'] }, { budget: '5m', searchSpace: { maxFlops: 1e6 } }])(
    'refuse auto where nothing can decide or a second look costs too much: %o',
    (settings) => {
      expect(() => viewsWith({ ...settings, views: 'auto' })).toThrow(
        /the test: views: auto needs a budget, and neither objectives besides the fitness nor maxFlops; give 1 or 2/,
      );
    },
  );

  it.each([0, 3, 'two'])('refuse %s', (views) => {
    expect(() => viewsWith({ views })).toThrow(/the test: views must be one of 1, 2, auto, received/);
  });

  it('count as one as long as they are not decided', () => {
    expect([viewsOf({ views: 'auto' }), viewsOf({ views: 1 }), viewsOf({ views: 2 })]).toEqual([1, 1, 2]);
  });
});

describe('the members of an ensemble', () => {
  const ensembleWith = (settings: object) => resolveConfig({ ...DATA, ...settings }, 'the test').ensemble;

  it.each([
    [{}, 1],
    [{ budget: '5m' }, 'auto'],
    [{ budget: '5m', genome: '8-8', searchSpace: { maxFlops: 1e6 } }, 'auto'],
    [{ budget: '5m', searchSpace: { maxFlops: 1e6 } }, 1],
    [{ budget: '5m', searchSpace: { maxParameters: 1e6 } }, 1],
    [{ budget: '5m', objectives: ['accuracy', 'parameters'] }, 1],
    [{ budget: '5m', preset: 'cnn-ga' }, 1],
    [{ budget: '5m', repeats: 3 }, 1],
    [{ budget: '5m', finalEpochs: 9 }, 1],
    [{ budget: '5m', ensemble: 3 }, 3],
    [{ ensemble: 2 }, 2],
  ] as const)('are, with %o, %s', (settings, expected) => {
    expect(ensembleWith(settings)).toBe(expected);
  });

  it.each([
    [0.3, 1],
    [99, 1],
    [199.9, 1],
    [200, 2],
    [399, 3],
    [1000, 4],
  ])('are, where one network would make %d passes, %i', (epochs, members) => {
    expect(membersFor((count) => epochs / count)).toBe(members);
  });

  it('count in what an answer takes, and as final trainings; one as long as they are not decided', () => {
    expect(passesOf({ views: 2, ensemble: 3 })).toBe(6);
    expect(passesOf({ views: 2, ensemble: 'auto' })).toBe(2);
    expect([trainingsOf({ repeats: 1, ensemble: 3 }), trainingsOf({ repeats: 5, ensemble: 'auto' })]).toEqual([3, 5]);
  });
});
