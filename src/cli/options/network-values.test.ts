import { describe, expect, it } from 'vitest';
import { parseClassWeights, parseGenomes, parseHead, parseNames } from './network-values.ts';

describe('parseHead', () => {
  it('reads pooling, hidden layers and dropout, and adds the classifier', () => {
    expect(parseHead('gap, 64,dropout=0.3', '--head')).toEqual([
      { type: 'globalAveragePooling' },
      { type: 'dense', units: 64, activation: 'relu' },
      { type: 'dropout', rate: 0.3 },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ]);
    expect(parseHead('flatten', '--head')[0]).toEqual({ type: 'flatten' });
  });

  it.each(['', 'conv', 'gap,-3', 'dropout', 'gap,dropout=x'])('refuses %j', (text) => {
    expect(() => parseHead(text, '--head')).toThrow(/--head must be/);
  });
});

describe('parseClassWeights, parseGenomes and parseNames', () => {
  it('read lists', () => {
    expect(parseGenomes('8-8-max, 16-16')).toEqual(['8-8-max', '16-16']);
    expect(parseGenomes('none')).toEqual([]);
    expect(parseClassWeights('balanced', '--class-weights')).toBe('balanced');
    expect(parseClassWeights('1,2.5', '--class-weights')).toEqual([1, 2.5]);
    expect(parseNames('accuracy, top-3')).toEqual(['accuracy', 'top-3']);
  });
});
