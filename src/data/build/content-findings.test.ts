import { describe, expect, it } from 'vitest';
import { pixelsOf, randomExamples } from '../../../test/support/data-fixtures.ts';
import type { ExamplesInMemory } from '../set/dataset.ts';
import type { DatasetParts } from '../set/source.ts';
import { buildDataset } from './build-dataset.ts';

const shape = { channels: 3, height: 2, width: 2 };
const SIZE = 12;
const nameOf = (part: string, index: number): string => `${part}/${index}.png`;

/** Images that differ, with these labels. */
const withLabels = (labels: readonly number[], seed = 1): ExamplesInMemory => ({
  ...randomExamples(labels.length, shape, 2, seed),
  labels: Int32Array.from(labels),
});

/** @param pairs  of images: the second becomes the first. */
function withCopies(examples: ExamplesInMemory, ...pairs: readonly (readonly [number, number])[]): ExamplesInMemory {
  const pixels = pixelsOf(examples).slice();
  for (const [from, to] of pairs) pixels.copyWithin(to * SIZE, from * SIZE, (from + 1) * SIZE);
  return { ...examples, pixels };
}

const notesOn = (parts: Partial<DatasetParts>): readonly string[] =>
  buildDataset({
    name: 'x',
    shape,
    classes: ['cat', 'dog'],
    train: withLabels([0, 1, 0, 1, 0, 1]),
    test: withLabels([0, 1], 2),
    notes: [],
    ...parts,
  }).notes;

describe('findings on the content', () => {
  it('are none where all images differ', () => {
    expect(notesOn({ nameOf })).toEqual([]);
  });

  it('name the same image in two classes, by its files or by its classes', () => {
    const train = withCopies(withLabels([0, 1, 0, 1, 0, 1]), [0, 1]);
    expect(notesOn({ train, nameOf })).toEqual([
      'The same image in two classes, pixel for pixel: 1 (train/0.png = train/1.png); no network can tell which class is right.',
    ]);
    expect(notesOn({ train })).toEqual([
      'The same image in two classes, pixel for pixel: 1 (one of cat = one of dog); no network can tell which class is right.',
    ]);
    const three = withCopies(withLabels([0, 1, 0, 1, 0, 1]), [0, 1], [2, 3], [4, 5]);
    expect(notesOn({ train: three, nameOf }).join()).toMatch(/: 3 \(train\/\d.png = train\/\d.png; [^;]*; …\); no/);
  });

  it('find it in two parts too', () => {
    const train = withLabels([0, 1, 0, 1]);
    const test = withLabels([1, 0], 2);
    pixelsOf(test).set(pixelsOf(train).subarray(0, SIZE));
    expect(notesOn({ train, test, nameOf })).toContain(
      'The same image in two classes, pixel for pixel: 1 (train/0.png = test/0.png); no network can tell which class is right.',
    );
  });

  it('count copies within a class', () => {
    const train = withCopies(withLabels([0, 1, 0, 1, 0, 1]), [0, 2], [0, 4]);
    expect(notesOn({ train, nameOf })).toEqual([
      'Copies of an image in the same part and class, pixel for pixel: 2 of 8 (train/2.png = train/0.png; train/4.png = train/2.png).',
    ]);
    expect(notesOn({ train })).toEqual(['Copies of an image in the same part and class, pixel for pixel: 2 of 8.']);
  });

  it('count blank images, whatever their colour', () => {
    const train = withLabels([0, 1, 0, 1]);
    pixelsOf(train).set([7, 7, 7, 7, 0, 0, 0, 0, 255, 255, 255, 255], SIZE);
    expect(notesOn({ train, nameOf })).toEqual(['Blank images, of one colour throughout: 1 of 6 (train/1.png).']);
    pixelsOf(train).set([7, 7, 7, 8], SIZE);
    expect(notesOn({ train })).toEqual([]);
  });

  it('point out classes whose names are almost the same', () => {
    expect(notesOn({ classes: ['Cat', 'cat'] })).toEqual([
      'Classes whose names are almost the same: "Cat" and "cat"; if they mean the same, give them one name.',
    ]);
  });

  it('keep the names of images through the split', () => {
    const train = withCopies(withLabels([0, 1, 0, 1, 0, 1]), [2, 4]);
    expect(notesOn({ train, test: undefined, nameOf }).join()).toContain('(train/4.png = train/2.png)');
  });
});

describe('a split', () => {
  const count = 60;
  const labels = Array.from({ length: count }, (_, i) => i % 2);

  it.each([0, 1, 2, 3])('keeps copies of an image together (seed %s)', (seed) => {
    const pairs = Array.from({ length: 20 }, (_, i) => [i, i + 20] as const);
    const dataset = buildDataset(
      { name: 'x', shape, classes: ['a', 'b'], train: withCopies(withLabels(labels), ...pairs), notes: [] },
      { test: 0.25, seed },
    );
    const imagesOf = ({ count: images, pixels }: typeof dataset.test): string[] =>
      Array.from({ length: images }, (_, i) =>
        Buffer.from(pixels instanceof Uint8Array ? pixels.subarray(i * SIZE, (i + 1) * SIZE) : []).toString('hex'),
      );
    const trained = new Set(imagesOf(dataset.train));
    expect(imagesOf(dataset.test).filter((image) => trained.has(image))).toEqual([]);
    expect(dataset.train.count + dataset.test.count).toBe(count);
    expect(dataset.test.count).toBeGreaterThan(5);
    expect(dataset.notes[0]).toMatch(/were split off as one \(stratified, seed \d, copies of an image together\)\.$/);
  });

  it('leaves an image of every class to training, though its images are those of another class', () => {
    const train = withCopies(withLabels([0, 0, 0, 1, 1, 1, 0, 0]), [0, 3], [1, 4], [2, 5]);
    for (let seed = 0; seed < 20; seed++) {
      const dataset = buildDataset({ name: 'x', shape, classes: ['a', 'b'], train, notes: [] }, { test: 0.5, seed });
      expect([...new Set(dataset.train.labels)].sort()).toEqual([0, 1]);
      expect(dataset.test.count).toBeGreaterThan(0);
    }
  });

  it('splits as if all images differed where each class has one image in many copies', () => {
    const train = withCopies(withLabels([0, 1, 0, 1, 0, 1]), [0, 2], [0, 4], [1, 3], [1, 5]);
    const dataset = buildDataset({ name: 'x', shape, classes: ['a', 'b'], train, notes: [] }, { test: 0.3 });
    expect([dataset.train.count, dataset.test.count]).toEqual([4, 2]);
    expect(dataset.notes.join()).toContain('the test accuracy will be too high');
  });
});
