import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  bar,
  cell,
  counted,
  duration,
  percent,
  scaled,
  shellWord,
  shorten,
  shortenMiddle,
  shownPath,
  sparkline,
  toAscii,
} from './format.ts';

it('shares are percentages with two digits', () => {
  expect([0, 0.98765, 1].map((share) => percent(share))).toEqual(['0.00 %', '98.77 %', '100.00 %']);
});

it('counts are grouped and have their noun', () => {
  expect([counted(1, 'network'), counted(0, 'network'), counted(2000, 'epoch')]).toEqual([
    '1 network',
    '0 networks',
    '2,000 epochs',
  ]);
});

it('large numbers have three digits and a unit', () => {
  const numbers = [0, 7, 999, 999.6, 1000, 9994, 12_340, 99_960, 999_600, 118_000_000];
  expect(numbers.map((value) => scaled(value, 'B'))).toEqual([
    '0 B',
    '7 B',
    '999 B',
    '1.00 kB',
    '1.00 kB',
    '9.99 kB',
    '12.3 kB',
    '100 kB',
    '1.00 MB',
    '118 MB',
  ]);
});

it('times have the two units that matter', () => {
  expect([-1, 0.04, 9.94, 9.96, 59.4, 59.6, 125, 3599.6, 7620].map(duration)).toEqual([
    '0.0 s',
    '0.0 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1m 00s',
    '2m 05s',
    '1h 00m',
    '2h 07m',
  ]);
});

it('a bar stays as long as it is', () => {
  expect([-1, 0, 0.5, 1, 2].map((share) => bar(share, 4))).toEqual(['░░░░', '░░░░', '██░░', '████', '████']);
});

it('a sparkline goes from the lowest to the highest, thinned out to its width', () => {
  expect(sparkline([0.5, 0.6, 0.7], 12)).toBe('▁▅█');
  expect(sparkline([0.1, 0.5, 0.3, 0.6, 0.4, 0.7], 3)).toBe('▁▅█');
  expect(sparkline([0.5, 0.5], 12)).toBe('▁▁');
});

it('texts are cut to a width, and the cut is marked', () => {
  expect([shorten('12345', 5), shorten('123456', 5), shorten('123', 1), shorten('123', 0)]).toEqual([
    '12345',
    '1234…',
    '…',
    '',
  ]);
  expect([cell('ab', 4), cell('ab', 4, 'right'), cell('abcdef', 4)]).toEqual(['ab  ', '  ab', 'abc…']);
});

it('genomes are cut in the middle', () => {
  expect([7, 8, 6, 3, 2, 0].map((width) => shortenMiddle('abcdefgh', width))).toEqual([
    'abc…fgh',
    'abcdefgh',
    'abc…gh',
    'a…h',
    'a…',
    '',
  ]);
});

it('a terminal without Unicode gets a sign of ASCII for each of ours', () => {
  const text = '✔ ✖ ● · ██░░ ▁▂▃▄▅▆▇█ … ± é';
  expect(toAscii(text)).toMatch(/^[\x20-\x7e]* é$/);
  expect(toAscii(text)).toHaveLength(text.length);
  expect(toAscii(bar(0.5, 4))).toBe('##..');
});

it('paths are relative below the working directory only', () => {
  const from = join('/', 'home', 'me');
  expect(shownPath(join(from, 'runs', 'a'), from)).toBe(join('runs', 'a'));
  expect(shownPath(join('/', 'data'), from)).toBe(join('/', 'data'));
  expect(shownPath(from, from)).toBe(from);
  expect(shownPath(join(from, '..x'), from)).toBe('..x');
});

it('words for a shell are quoted if they must be', () => {
  expect([shellWord('runs/mnist-1'), shellWord('my run'), shellWord("it's")]).toEqual([
    'runs/mnist-1',
    "'my run'",
    "'it'\\''s'",
  ]);
});
