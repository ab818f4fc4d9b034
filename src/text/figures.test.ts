import { describe, expect, it } from 'vitest';
import { counted, percent } from './figures.ts';

describe('figures', () => {
  it('count things', () => {
    expect(counted(1, 'class', 'classes')).toBe('1 class');
    expect(counted(2000, 'class', 'classes')).toBe('2,000 classes');
    expect(counted(0, 'epoch')).toBe('0 epochs');
  });

  it('give shares with as many digits as asked for', () => {
    expect([percent(0.98424), percent(0.5, 0), percent(1, 1)]).toEqual(['98.42 %', '50 %', '100.0 %']);
  });
});
