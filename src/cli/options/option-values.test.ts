import { describe, expect, it } from 'vitest';
import { parseInput, parseLimit, parseNumber, parseNumbers, parseSeconds, parseSize } from './option-values.ts';

describe('a number', () => {
  it.each([
    ['8', 8],
    ['-1', -1],
    ['+3', 3],
    ['0.003', 0.003],
    ['.5', 0.5],
    ['3.', 3],
    ['20e6', 20e6],
    ['1E-3', 1e-3],
  ])('%s is read', (text, value) => expect(parseNumber(text, '--x')).toBe(value));

  it.each(['', ' ', 'x', '1_000', '1,000', '0x10', 'NaN', 'Infinity', '1e', '--1', '8 '])('%j is refused', (text) => {
    expect(() => parseNumber(text, '--x')).toThrow(
      `--x must be a number, such as 8, 0.5 or 2e6, received ${JSON.stringify(text)}`,
    );
  });
});

it('a limit is a number or none', () => {
  expect(parseLimit('20e6', '--max-flops')).toBe(20e6);
  expect(parseLimit('none', '--max-flops')).toBeNull();
  expect(() => parseLimit('no', '--max-flops')).toThrow(
    '--max-flops must be a number, such as 2e6, or none, received "no"',
  );
});

it('a list of numbers has commas and nothing else between them', () => {
  expect(parseNumbers('8', '--channels')).toEqual([8]);
  expect(parseNumbers('8,16,32', '--channels')).toEqual([8, 16, 32]);
  for (const text of ['', '8,', ',8', '8, 16', '8;16', '8,x', '-8']) {
    expect(() => parseNumbers(text, '--channels')).toThrow(/^--channels must be whole numbers with commas/);
  }
});

it('a time is seconds, or has a unit', () => {
  expect(['90', '30s', '5m', '1.5h', '0.5S'].map((text) => parseSeconds(text, '--timeout'))).toEqual([
    90, 30, 300, 5400, 0.5,
  ]);
  for (const text of ['', 's', '5d', '5 m', '-5s', '1e3s', '5ms']) {
    expect(() => parseSeconds(text, '--timeout')).toThrow(/^--timeout must be a time, such as 30s, 5m or 1h/);
  }
});

it('a size is height and width', () => {
  expect(parseSize('32x48', '--size')).toEqual({ height: 32, width: 48 });
  for (const text of ['32', '32x', '32x32x3', '3.5x4', 'x']) {
    expect(() => parseSize(text, '--size')).toThrow(/^--size must be HEIGHTxWIDTH, such as 32x32/);
  }
});

it('the message about an image shape names the option', () => {
  expect(parseInput('28x30x3', '--input')).toEqual({ height: 28, width: 30, channels: 3 });
  expect(() => parseInput('28by28', '--input')).toThrow(/^--input: an image shape is HEIGHTxWIDTHxCHANNELS/);
});
