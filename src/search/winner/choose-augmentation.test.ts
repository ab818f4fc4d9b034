import { describe, expect, it } from 'vitest';
import { pixelsOf } from '../../../test/support/data-fixtures.ts';
import { brightOrDark, toyDataset } from '../../../test/support/toy-data.ts';
import type { Examples } from '../../data/set/dataset.ts';
import type { DeployedModel } from '../../engine/scoring/deployed-model.ts';
import { selectData } from '../../evaluation/select-data.ts';
import type { EvaluationTask } from '../../evaluation/task.ts';
import type { RunSession } from '../candidates/run-session.ts';
import { augmentationFor, chooseByMirror, chooseFlips, heldOutImages } from './choose-augmentation.ts';

const shape = { channels: 1, height: 28, width: 28 };

/** Images with one bright pixel in the corner that stands for their class: 0 left, 1 right. */
function corners(count: number): Examples {
  const pixels = new Uint8Array(count * 784);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  for (const [i, label] of labels.entries()) pixels[i * 784 + label * 27] = 255;
  return { count, pixels, labels };
}

/** Answers as a network does that looks at some pixels. */
function modelThat(classify: (image: Uint8Array) => number): DeployedModel {
  return {
    score: async (examples: Examples) => {
      const { count, labels } = examples;
      const pixels = pixelsOf(examples);
      const right = labels.filter((label, i) => classify(pixels.subarray(i * 784, (i + 1) * 784)) === label);
      return { loss: 0, accuracy: right.length / count };
    },
  } as unknown as DeployedModel;
}

describe('chooseFlips', () => {
  it('mirrors no images whose classes a mirror swaps', async () => {
    const examples = corners(20);
    const model = modelThat((image) => (image[27] === 255 ? 1 : 0));
    const choice = await chooseFlips(model, examples, Int32Array.from(examples.labels.keys()), shape);
    expect(choice).toEqual({ flips: false, mixes: false, accuracy: 1, mirroredAccuracy: 0 });
    expect(pixelsOf(examples)[0]).toBe(255);
  });

  it('mirrors images that a network knows as well in the mirror', async () => {
    const examples = { ...corners(20), labels: new Int32Array(20) };
    const model = modelThat((image) => (image[0] === 255 || image[27] === 255 ? 0 : 1));
    const choice = await chooseFlips(model, examples, Int32Array.of(0, 1, 2), shape);
    expect(choice).toEqual({ flips: true, mixes: true, accuracy: 1, mirroredAccuracy: 1 });
  });

  it('mixes images whose mirror may be unknown by chance, and mirrors none of them', async () => {
    // Of 20 images, 10 are known, and 8 in the mirror: a standard error is 2.2.
    const examples = corners(20);
    let scored = 0;
    const model = {
      score: async () => ({ loss: 0, accuracy: scored++ === 0 ? 0.5 : 0.4 }),
    } as unknown as DeployedModel;
    const choice = await chooseFlips(model, examples, Int32Array.from(examples.labels.keys()), shape);
    expect(choice).toEqual({ flips: false, mixes: true, accuracy: 0.5, mirroredAccuracy: 0.4 });
  });
});

describe('augmentationFor', () => {
  const [DIGITS, PHOTOS] = [
    { flips: false, mixes: false },
    { flips: true, mixes: true },
  ];

  it('crops by a fourteenth of the shorter side, and not at all if that is less than a pixel', () => {
    const sizes = [
      [28, 28, 2],
      [32, 32, 2],
      [64, 96, 5],
      [6, 28, undefined],
    ] as const;
    for (const [height, width, expected] of sizes) {
      expect(augmentationFor({ channels: 1, height, width }, { flips: false, mixes: true }, 1).padAndCrop).toBe(
        expected,
      );
    }
  });

  it('is stronger the more passes a training makes, and varies saturation where there are three channels', () => {
    const crops = { padAndCrop: 2, padding: 'reflect' };
    const colours = { brightness: 0.5, contrast: 0.5 };
    expect(augmentationFor(shape, DIGITS, 15.9)).toEqual(crops);
    expect(augmentationFor(shape, DIGITS, 16)).toEqual({ ...crops, ...colours });
    expect(augmentationFor(shape, DIGITS, 50)).toEqual({ ...crops, ...colours });
    expect(augmentationFor(shape, PHOTOS, 49.9)).not.toHaveProperty('cutmix');
    expect(augmentationFor({ ...shape, channels: 3 }, PHOTOS, 50)).toEqual({
      ...{ ...crops, horizontalFlip: 'alternating' },
      ...{ ...colours, saturation: 0.5, cutmix: 0.5 },
    });
  });
});

describe('heldOutImages', () => {
  it('are training images that the task does not train on, also where it is scored on the test images', () => {
    const dataset = toyDataset(40, 100);
    const selection = { seed: 'a seed', validation: 0.2, purpose: 'search' } as const;
    const { examples, validation } = heldOutImages(dataset, { ...selection, scoreOnTest: true });
    const { train } = selectData(dataset, { ...selection, scoreOnTest: true });
    expect(examples).toBe(dataset.train);
    expect(validation).toHaveLength(8);
    expect(Math.max(...validation)).toBeLessThan(40);
    expect(validation.filter((index) => train.includes(index))).toEqual(new Int32Array());
  });

  it('are those of the validation part of the data, if it has one', () => {
    const dataset = { ...toyDataset(40, 100), validation: brightOrDark(12) };
    const selection = { seed: 'a seed', validation: 'part', purpose: 'search', scoreOnTest: true } as const;
    const { examples, validation } = heldOutImages(dataset, selection);
    expect(examples).toBe(dataset.validation);
    expect(validation).toHaveLength(12);
  });
});

describe('chooseByMirror', () => {
  it('keeps weights that are trained for the choice out of a checkpoint folder that runs share', async () => {
    const asked: (string | undefined)[] = [];
    const folder = { checkpoint: (id: string) => `shared/${id}`, scratch: (name: string) => `run/${name}` };
    const session = {
      run: { storage: { has: async () => false }, folder, dataset: toyDataset(10, 10) },
      evaluator: { evaluate: async (task: EvaluationTask) => asked.push(task.checkpointPath) },
    } as unknown as RunSession;
    const task = { id: 'abc', genome: '2-2' } as EvaluationTask;
    expect(await chooseByMirror(session, { id: 'abc', genome: [], task }, undefined)).toBeUndefined();
    expect(asked).toEqual(['run/augmentation-abc.safetensors']);
  });
});
