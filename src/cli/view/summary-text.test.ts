import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SUMMARY } from '../../../test/support/made-up-run.ts';
import { coloursFor } from '../terminal.ts';
import { describeSummary } from './summary-text.ts';

const PLAIN = coloursFor(process.stdout, { NO_COLOR: '1' });

it('the summary says what was found, where it lies and what comes next', () => {
  const folder = join(process.cwd(), 'runs', 'mnist-1');
  expect(describeSummary(SUMMARY, folder, 'mnist', 'npx auto-cnn', PLAIN).join('\n')).toBe(`
Done in 3m 41s

  Genome        16-32-max
  Test accuracy 99.12 % of 10,000 images, 90 % interval 98.95 to 99.26 %
  Validation    accuracy 98.00 % of 900 images, 90 % interval 97.08 to 98.64 %
  Size          61,226 parameters, 12.4 MFLOPs per image
  Search        20 networks trained, 1 failed, 2 generations
  Time          2m 50s search, 51 s final training
  Model         runs/mnist-1/model.onnx
  Summary       runs/mnist-1/summary.json

Next
  npx auto-cnn evaluate runs/mnist-1/model.onnx mnist
  npx auto-cnn inspect 16-32-max --input 28x28x1 --classes 10 --measure`);
});

it('the report is named once it is drawn', () => {
  const folder = join(process.cwd(), 'runs', 'drawn');
  const reportRow = `  Report        ${join('runs', 'drawn', 'report.html')}`;
  expect(describeSummary(SUMMARY, folder, 'mnist', 'auto-cnn', PLAIN)).not.toContain(reportRow);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'report.html'), '');
  expect(describeSummary(SUMMARY, folder, 'mnist', 'auto-cnn', PLAIN)).toContain(reportRow);
});

it('the commands can be pasted into a shell', () => {
  const text = describeSummary({ ...SUMMARY, genome: '' }, '/my runs/a', 'my photos', 'npx auto-cnn', PLAIN).join('\n');
  expect(text).toContain("npx auto-cnn evaluate '/my runs/a/model.onnx' 'my photos'");
  expect(text).toContain("npx auto-cnn inspect '' --input");
});

it('few test images are said to say little, unless all training images say more', () => {
  const rowsWith = (changes: Partial<typeof SUMMARY>) =>
    describeSummary({ ...SUMMARY, ...changes }, 'a', 'b', 'npx auto-cnn', PLAIN).join('\n');
  const few = { testAccuracy: 0.5, testExamples: 8, testInterval: [0.25, 0.75] } as const;
  expect(rowsWith(few)).toMatch(/8 test images say little; --cross-validate estimates the accuracy by [\d,]+ more/);
  const crossValidation = {
    folds: 5,
    epochs: 9,
    images: 72,
    accuracy: 0.75,
    interval: [0.66, 0.82] as const,
    balancedAccuracy: 0.7,
    seconds: 12.3,
  };
  expect(rowsWith({ ...few, crossValidation })).toContain(`
  Cross-valid.  75.00 % of 72 training images, 90 % interval 65.80 to 82.38 %
                each by a network trained without its fold of 5, in 12 s
`);
});

it('an ensemble says how many networks it has, and what one of them comes to', () => {
  const members = { accuracies: [0.9, 0.92], mean: 0.91, std: 0.0141, best: 0.92 };
  const text = describeSummary({ ...SUMMARY, members }, 'a', 'b', 'npx auto-cnn', PLAIN).join('\n');
  expect(text).toContain('  Ensemble      the mean of 2 networks; test accuracy of one alone 91.00 % ± 1.41');
  expect(text).toContain('per image, all networks together');
});

it('another metric is named, and a search on the test images is called biased', () => {
  const fitness = { metric: 'macro-f1', on: 'validation', value: 0.91234, images: 900 } as const;
  const rowsWith = (changes: Partial<typeof SUMMARY>) =>
    describeSummary({ ...SUMMARY, ...changes }, 'a', 'b', 'npx auto-cnn', PLAIN);
  expect(rowsWith({ fitness })).toContain(
    '  Validation    accuracy 98.00 % of 900 images, 90 % interval 97.08 to 98.64 %, macro-f1 0.9123',
  );
  const { images: _, ...ofVersionBefore } = fitness;
  expect(rowsWith({ fitness: ofVersionBefore })).toContain('  Validation    accuracy 98.00 %, macro-f1 0.9123');
  expect(rowsWith({ fitness: { metric: 'accuracy', on: 'test', value: 0.98, images: 900 } })).toContain(
    '  Biased        the test images chose the network, so its test accuracy flatters it',
  );
});

it('several final trainings have their mean, spread and best', () => {
  const repeats = { accuracies: [0.993, 0.9916, 0.9917], mean: 0.9921, std: 0.0005, best: 0.993 };
  const rows = describeSummary({ ...SUMMARY, repeats }, 'a', 'b', 'npx auto-cnn', PLAIN);
  expect(rows).toContain('  Repeats       test accuracy 99.21 % ± 0.05, best 99.30 % of 3');
});

it('a training without a search says nothing of one', () => {
  const { validationAccuracy: _, fitness: __, ...summary } = { ...SUMMARY, evaluations: 0, searchSeconds: 0 };
  const text = describeSummary(summary, 'a', 'b', 'npx auto-cnn', PLAIN).join('\n');
  expect(text).toContain('  Time          51 s training\n');
  expect(text).not.toMatch(/search|Validation/i);
});

describe('the front', () => {
  const member = (genome: string, accuracy: number, parameters: number, more: object = {}) => ({
    genome,
    accuracy,
    parameters,
    flops: 1000 * parameters,
    ...more,
  });
  const picked = { genome: '16-16-max', rule: 'knee', why: 'the knee' };
  const tableOf = (pareto: NonNullable<typeof SUMMARY.pareto>) => {
    const rows = describeSummary({ ...SUMMARY, pareto, picked }, 'a', 'mnist', 'npx auto-cnn', PLAIN);
    return rows.slice(
      rows.findIndex((row) => row.startsWith('Pareto')),
      rows.indexOf('Next') - 1,
    );
  };

  it('is a table that marks the picked network, with the reason above and the way to another below', () => {
    const pareto = [member('32-32-max', 0.9912, 61_226), member('16-16-max', 0.985, 12_000), member('', 0.88, 7850)];
    const rows = describeSummary({ ...SUMMARY, pareto, picked }, 'a', 'mnist', 'npx auto-cnn', PLAIN);
    expect(rows).toContain('  Picked        the knee');
    expect(rows.at(-1)).toBe('  npx auto-cnn train GENOME mnist   (another network of the front)');
    expect(`\n${tableOf(pareto).join('\n')}`).toBe(`
Pareto front, with the accuracy in the search
  32-32-max                          99.12 %      61,226  61.2 MFLOPs
> 16-16-max                          98.50 %      12,000  12.0 MFLOPs
  (no layers)                        88.00 %       7,850  7.85 MFLOPs`);
  });

  it('fits into 80 columns, with latency and the longest genomes too', () => {
    const genome = Array.from({ length: 12 }, () => '512-512').join('-');
    const rows = tableOf([member(genome, 1, 123_456_789, { latencyMs: 1234.567 }), member('16-16-max', 0.9, 10)]);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(80);
    expect(rows[1]).toContain('1234.57 ms');
  });

  it('shows the ten fittest and the picked one of many', () => {
    const many = Array.from({ length: 14 }, (_, i) => member(`8-8-${i}`, 0.99 - i / 100, 10_000 - i));
    const rows = tableOf([...many, member('16-16-max', 0.5, 10), member('max', 0.4, 9)]);
    expect(rows).toHaveLength(13);
    expect(rows.at(-2)).toMatch(/^> 16-16-max /);
    expect(rows.at(-1)).toBe('  and 5 more in summary.json');
  });
});
