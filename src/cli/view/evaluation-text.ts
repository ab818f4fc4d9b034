// Prints what a model gets right and wrong, in at most 80 columns.

import type { ClassificationReport } from '../../internal.ts';
import { cell, counted, grouped, percent, shorten } from './format.ts';

const WIDTH = 80;
const NAME_WIDTH = 24;
const PAIRS = 10;

type Report = Pick<ClassificationReport, 'classes' | 'macro' | 'confusion' | 'calibration'>;

/** Blocks of lines with an empty line between them. A class without images has no row. */
export function evaluationText(names: readonly string[], report: Report): readonly string[] {
  return [...classTable(names, report), '', ...confusionText(names, report), '', ...calibrationText(report)];
}

/** The labels of the classes that have images. */
export function occurringClasses({ classes }: Pick<Report, 'classes'>): readonly number[] {
  return classes.flatMap(({ examples }, label) => (examples > 0 ? [label] : []));
}

function classTable(names: readonly string[], report: Report): string[] {
  const rows = occurringClasses(report).map((label) => ({ name: names[label] ?? '', score: report.classes[label] }));
  const width = Math.min(NAME_WIDTH, Math.max('Class'.length, ...rows.map(({ name }) => name.length)));
  const line = (name: string, ...figures: readonly string[]) =>
    [cell(name, width), ...figures.map((figure) => cell(figure, 11, 'right'))].join('');
  const shares = ({ precision, recall, f1 }: Report['macro']) => [precision, recall, f1].map((share) => percent(share));
  return [
    line('Class', 'Precision', 'Recall', 'F1', 'Images'),
    ...rows.flatMap(({ name, score }) => (score ? [line(name, ...shares(score), grouped(score.examples))] : [])),
    line('mean', ...shares(report.macro)),
  ];
}

function confusionText(names: readonly string[], report: Report): string[] {
  const rows = occurringClasses(report);
  const columns = names.flatMap((_, label) =>
    rows.includes(label) || report.confusion.some((row) => (row[label] ?? 0) > 0) ? [label] : [],
  );
  const counts = rows.map((truth) => columns.map((predicted) => report.confusion[truth]?.[predicted] ?? 0));
  const digits = Math.max(...counts.flat().map((count) => String(count).length));
  const nameOf = (label: number) => names[label] ?? '';
  const numbers = columns.map((_, i) => String(i + 1));
  const numbered = columns.map(
    (label, i) => `${cell(numbers[i] ?? '', numbers.at(-1)?.length ?? 1, 'right')} ${nameOf(label)}`,
  );
  // The columns are headed by names if there is room, else by numbers, which stand before the names of the rows.
  return (
    confusionMatrix(rows.map(nameOf), columns.map(nameOf), digits, counts) ??
    (rows.length === columns.length ? confusionMatrix(numbered, numbers, digits, counts) : undefined) ??
    confusedPairs(names, report.confusion)
  );
}

/** Undefined if it is too wide. */
function confusionMatrix(
  rows: readonly string[],
  columns: readonly string[],
  digits: number,
  confusion: ClassificationReport['confusion'],
): string[] | undefined {
  const nameWidth = Math.min(NAME_WIDTH, Math.max(...rows.map(({ length }) => length)));
  const columnWidth = Math.max(digits, ...columns.map(({ length }) => length)) + 1;
  if (nameWidth + columns.length * columnWidth > WIDTH) return undefined;
  const figures = (texts: readonly string[]) => texts.map((text) => cell(text, columnWidth, 'right')).join('');
  return [
    'Confusions (rows: true class, columns: predicted)',
    `${' '.repeat(nameWidth)}${figures(columns)}`,
    ...confusion.map((row, i) => {
      const counts = row.map((count) => (count === 0 ? '·' : String(count)));
      return `${cell(rows[i] ?? '', nameWidth)}${figures(counts)}`;
    }),
  ];
}

/** The pairs that are confused most often, for a matrix that does not fit. */
function confusedPairs(names: readonly string[], confusion: ClassificationReport['confusion']): string[] {
  const pairs = confusion
    .flatMap((row, truth) => row.map((count, predicted) => ({ count, truth, predicted })))
    .filter(({ count, truth, predicted }) => count > 0 && truth !== predicted)
    .sort((a, b) => b.count - a.count)
    .slice(0, PAIRS);
  if (pairs.length === 0) return ['No confusions'];
  const name = (label: number) => shorten(names[label] ?? '', NAME_WIDTH);
  return [
    'Most frequent confusions (--json has all)',
    ...pairs.map(
      ({ count, truth, predicted }) =>
        `${cell(grouped(count), 7, 'right')}  ${name(truth)} taken for ${name(predicted)}`,
    ),
  ];
}

function calibrationText({ calibration: { expectedError, bins } }: Report): string[] {
  const used = bins.filter(({ examples }) => examples > 0);
  const total = used.reduce((sum, { examples }) => sum + examples, 0);
  const confidence = used.reduce((sum, bin) => sum + bin.examples * bin.confidence, 0) / total;
  const accuracy = used.reduce((sum, bin) => sum + bin.examples * bin.accuracy, 0) / total;
  const tendency = confidence > accuracy ? 'surer than it should be' : 'less sure than it could be';
  return [
    `Calibration error  ${percent(expectedError)} over ${counted(bins.length, 'bin')} (Guo et al. 2017)`,
    `Mean confidence    ${percent(confidence)}: ${tendency}`,
  ];
}
