// Draws which classes the model confuses.

import { scaleBand } from 'd3-scale';
import type { TestPredictions } from '../../search/records/test-predictions.ts';
import { counted, grouped, percent, shorten } from '../parts/format.ts';
import { html } from '../parts/markup.ts';
import { drawing, type Picture, type Table, WIDTH } from '../parts/picture.ts';
import { colour } from '../parts/theme.ts';
import type { RunRecords } from '../read-run.ts';
import { round } from './axes.ts';

/** A larger matrix would be unreadable. */
const MOST_CLASSES = 20;
const MOST_PAIRS = 20;

export function confusionPicture({ predictions, data, status }: RunRecords): Picture {
  const id = 'confusion';
  const title = 'Confusion on the test images';
  if (predictions === undefined || data === undefined) {
    const note =
      status === 'done'
        ? 'The version of this run did not record predictions; "auto-cnn evaluate" shows the confusions.'
        : 'The test images are scored once, at the end.';
    return { id, title, note };
  }
  const { classes } = data;
  const matrix = countConfusions(predictions, classes.length);
  const pairs = confusedPairs(matrix);
  const table = pairsTable(pairs, matrix, classes);
  const errors = pairs.reduce((sum, { count }) => sum + count, 0);
  const note = `${counted(errors, 'test image')} of ${grouped(predictions.labels.length)} ${errors === 1 ? 'is' : 'are'} taken for another class.`;
  if (classes.length <= MOST_CLASSES) return { id, title, note, svg: matrixDrawing(matrix, classes), table };
  if (pairs.length === 0) return { id, title, note };
  return { id, title: 'Most confused classes', note, svg: pairsDrawing(pairs.slice(0, MOST_PAIRS), classes), table };
}

interface Pair {
  readonly truth: number;
  readonly guess: number;
  readonly count: number;
}

type Matrix = readonly (readonly number[])[];

/** `[true][predicted]`. */
function countConfusions({ labels, predicted }: TestPredictions, classes: number): Matrix {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [i, truth] of labels.entries()) {
    const [row, guess] = [matrix[truth], predicted[i] ?? 0];
    if (row !== undefined) row[guess] = (row[guess] ?? 0) + 1;
  }
  return matrix;
}

/** Most frequent first. */
function confusedPairs(matrix: Matrix): readonly Pair[] {
  return matrix
    .flatMap((row, truth) =>
      row.flatMap((count, guess) => (truth !== guess && count > 0 ? [{ truth, guess, count }] : [])),
    )
    .toSorted((a, b) => b.count - a.count);
}

function pairsTable(pairs: readonly Pair[], matrix: Matrix, classes: readonly string[]): Table {
  return {
    head: ['Is', 'Taken for', 'Images', 'Share of the class'],
    rows: pairs.slice(0, 100).map(({ truth, guess, count }) => {
      const total = (matrix[truth] ?? []).reduce((sum, value) => sum + value, 0);
      return [classes[truth] ?? '', classes[guess] ?? '', count, percent(count / total)];
    }),
  };
}

function matrixDrawing(matrix: Matrix, classes: readonly string[]) {
  const length = Math.min(12, Math.max(...classes.map((name) => [...name].length)));
  const names = classes.map((name) => shorten(name, length));
  const margin = Math.max(26, 16 + 6.8 * length);
  const size = WIDTH - margin - 8;
  const top = length <= 3 ? 38 : 22 + 6.8 * length;
  const indices = classes.map((_, index) => index);
  const band = scaleBand<number>(indices, [0, size]).paddingInner(0.06);
  const cell = band.bandwidth();
  const at = (index: number): number => round(band(index) ?? 0);
  const worst = Math.max(1, ...matrix.flatMap((row, truth) => row.filter((_, guess) => guess !== truth)));
  const cells = matrix.map((row, truth) => {
    const total = Math.max(
      1,
      row.reduce((sum, value) => sum + value, 0),
    );
    return row.map((count, guess) => {
      const isRight = truth === guess;
      const strength = isRight ? count / total : Math.sqrt(count / worst);
      const opacity = count === 0 ? 0.06 : 0.15 + 0.85 * strength;
      const fill = colour(count === 0 ? 'dot' : isRight ? 'blue' : 'red');
      const [x, y] = [round(margin + at(guess)), round(top + at(truth))];
      const title = `${classes[truth]} taken for ${classes[guess]}: ${count} of ${total}`;
      const shown = count > 0 && cell >= 11 + 4 * String(count).length - 3;
      const text = shown
        ? html`<text x="${round(x + cell / 2)}" y="${round(y + cell / 2 + 4)}" font-size="${Math.min(12, round(cell / 2.3))}" text-anchor="middle" fill="${colour(opacity > 0.5 ? 'surface' : 'ink')}">${count}</text>`
        : undefined;
      return html`<g><title>${title}</title><rect x="${x}" y="${y}" width="${round(cell)}" height="${round(cell)}" rx="2" fill="${fill}" fill-opacity="${opacity.toFixed(2)}"/>${text}</g>`;
    });
  });
  const rows = names.map(
    (name, index) =>
      html`<text x="${margin - 5}" y="${round(top + at(index) + cell / 2 + 4)}" text-anchor="end">${name}</text>`,
  );
  const columns = names.map((name, index) => {
    const [x, y] = [round(margin + at(index) + cell / 2), top - 6];
    return length <= 3
      ? html`<text x="${x}" y="${y}" text-anchor="middle">${name}</text>`
      : html`<text x="${x + 3}" y="${y}" transform="rotate(-90 ${x + 3} ${y})">${name}</text>`;
  });
  const right = matrix.reduce((sum, row, truth) => sum + (row[truth] ?? 0), 0);
  const all = matrix.flat().reduce((sum, count) => sum + count, 0);
  return drawing(
    {
      name: `Confusion matrix of ${classes.length} classes: ${grouped(right)} of ${grouped(all)} test images are right`,
      height: round(top + size + 8),
    },
    html`<g font-size="12" fill="${colour('muted')}"><text x="${margin}" y="12">predicted, each row is a true class</text>${rows}${columns}</g>`,
    cells,
  );
}

function pairsDrawing(pairs: readonly Pair[], classes: readonly string[]) {
  const most = Math.max(...pairs.map(({ count }) => count));
  const [top, step, bar] = [16, 30, WIDTH - 60];
  const rows = pairs.map(({ truth, guess, count }, i) => {
    const y = top + i * step;
    const name = `${shorten(classes[truth] ?? '', 24)} → ${shorten(classes[guess] ?? '', 24)}`;
    const width = round((bar * count) / most);
    return html`<text x="8" y="${y}">${name}</text><rect x="8" y="${y + 5}" width="${width}" height="8" rx="2" fill="${colour('red')}" fill-opacity="0.8"/><text x="${width + 14}" y="${y + 13}" font-size="12" fill="${colour('muted')}">${count}</text>`;
  });
  const [first] = pairs;
  const name = `The ${pairs.length} most confused pairs of classes, first ${classes[first?.truth ?? 0]} taken for ${classes[first?.guess ?? 0]}, ${first?.count} times`;
  return drawing({ name, height: top + pairs.length * step }, rows);
}
