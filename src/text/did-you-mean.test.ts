import { describe, expect, it } from 'vitest';
import { nearestOf } from './did-you-mean.ts';

describe('nearestOf', () => {
  it.each([
    ['minst', ['mnist', 'cifar10'], 'mnist'],
    ['MNIST', ['mnist', 'cifar10'], 'mnist'],
    ['ONEPOCHEND', ['onEpochEnd', 'onEpochStart'], 'onEpochEnd'],
    ['mux', ['max', 'mean'], 'max'],
    ['cifar', ['mnist', 'cifar10', 'cifar100'], 'cifar10'],
    ['photos', ['mnist', 'cifar10'], undefined],
    ['x', [], undefined],
  ])('of %s', (received, names, nearest) => {
    expect(nearestOf(received, names)).toBe(nearest);
  });
});
