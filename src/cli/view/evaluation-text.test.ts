import { describe, expect, it } from 'vitest';
import type { ClassificationReport } from '../../internal.ts';
import { evaluationText } from './evaluation-text.ts';

const calibration = {
  expectedError: 0.0512,
  bins: [
    { examples: 2, confidence: 0.5, accuracy: 0.5 },
    { examples: 3, confidence: 0.95, accuracy: 0.8 },
  ],
};

function reportOf(confusion: readonly (readonly number[])[]): ClassificationReport {
  const score = { precision: 0.5, recall: 2 / 3, f1: 0.6 };
  return { classes: confusion.map(() => ({ ...score, examples: 1234 })), macro: score, confusion, calibration };
}

describe('evaluationText', () => {
  it('shows each class, the confusions and the calibration', () => {
    const confusion = [
      [980, 0],
      [12, 7],
    ];
    expect(
      evaluationText(['cat', 'dog'], reportOf(confusion)).join('\n'),
    ).toBe(`Class  Precision     Recall         F1     Images
cat      50.00 %    66.67 %    60.00 %      1,234
dog      50.00 %    66.67 %    60.00 %      1,234
mean     50.00 %    66.67 %    60.00 %

Confusions (rows: true class, columns: predicted)
    cat dog
cat 980   ·
dog  12   7

Calibration error  5.12 % over 2 bins (Guo et al. 2017)
Mean confidence    77.00 %: surer than it should be`);
  });

  it('numbers the columns if the names are long', () => {
    const names = Array.from({ length: 10 }, (_, i) => `species ${i}`);
    const confusion = names.map((_, i) => names.map((_, j) => (i === j ? 40 : 0)));
    const lines = evaluationText(names, reportOf(confusion));
    expect(lines).toContain('              1  2  3  4  5  6  7  8  9 10');
    expect(lines).toContain(' 2 species 1  · 40  ·  ·  ·  ·  ·  ·  ·  ·');
  });

  it('shows the most confused pairs where the matrix would be too wide', () => {
    const names = Array.from({ length: 40 }, (_, i) => `a class with a name that goes on and on ${i}`);
    const confusion = names.map((_, truth) =>
      names.map((_, predicted) => (truth === predicted ? 500 : predicted === 3 ? truth : 0)),
    );
    const lines = evaluationText(names, reportOf(confusion));
    expect(lines.filter((line) => line.includes(' taken for '))).toHaveLength(10);
    expect(lines).toContain('     39  a class with a name tha… taken for a class with a name tha…');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it('says so if nothing is confused', () => {
    const names = Array.from({ length: 90 }, (_, i) => `${i}`);
    const confusion = names.map((_, truth) => names.map((_, predicted) => (truth === predicted ? 5 : 0)));
    expect(evaluationText(names, reportOf(confusion))).toContain('No confusions');
  });

  it('has no row for a class without images, and a column if it is predicted', () => {
    const confusion = [
      [3, 1, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 2],
    ];
    const report = reportOf(confusion);
    const classes = report.classes.map((score, i) => ({ ...score, examples: [4, 0, 0, 2][i] ?? 0 }));
    const lines = evaluationText(['cat', 'dog', 'fox', 'owl'], { ...report, classes });
    expect(lines.filter((line) => /^(cat|dog|fox|owl) .*%/.test(line)).map((line) => line.slice(0, 3))).toEqual([
      'cat',
      'owl',
    ]);
    expect(lines.slice(5, 9)).toEqual([
      'Confusions (rows: true class, columns: predicted)',
      '    cat dog owl',
      'cat   3   1   ·',
      'owl   ·   ·   2',
    ]);
    const long = ['cat', 'dog', 'fox', 'owl'].map((name) => name.repeat(20));
    expect(evaluationText(long, { ...report, classes })).toContain('Most frequent confusions (--json has all)');
  });
});
