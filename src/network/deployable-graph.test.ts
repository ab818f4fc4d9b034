import { describe, expect, it } from 'vitest';
import { runtime } from '../../test/support/run-graph.ts';
import { mirrored as mirrorOf, noiseImages, smallModel } from '../../test/support/small-model.ts';
import { DeployedModel } from '../engine/scoring/deployed-model.ts';

const CLASSES = ['cat', 'dog', 'owl'];
const COUNT = 40;

describe('a model that looks twice', () => {
  it.each([
    ['8-4-max-4-8', { channels: 1, height: 9, width: 7 }],
    ['max-4-8', { channels: 3, height: 6, width: 8 }],
    ['', { channels: 2, height: 3, width: 1 }],
  ] as const)('has the mean of the logits of an image and its mirror image: %s', async (genome, shape) => {
    const pixels = noiseImages(COUNT, shape);
    const predict = async (views: 1 | 2, images: Uint8Array) => {
      const { bytes } = smallModel(genome, shape, CLASSES, { views });
      const model = await DeployedModel.load(runtime, bytes, 'model.onnx');
      return model.predict(images, shape);
    };
    const [twice, once, mirrored] = await Promise.all([
      predict(2, pixels),
      predict(1, pixels),
      predict(1, mirrorOf(pixels, shape)),
    ]);
    let largest = 0;
    for (let image = 0; image < COUNT; image++) {
      // Logits are logarithms of probabilities, but for a constant of each image.
      const product = CLASSES.map((_, k) => {
        const at = image * CLASSES.length + k;
        return Math.sqrt((once.probabilities[at] ?? 0) * (mirrored.probabilities[at] ?? 0));
      });
      const sum = product.reduce((total, value) => total + value, 0);
      for (const [k, value] of product.entries()) {
        largest = Math.max(largest, Math.abs(value / sum - (twice.probabilities[image * CLASSES.length + k] ?? 0)));
      }
    }
    expect(largest).toBeLessThan(1e-6);
    if (shape.width > 1) expect(twice.probabilities).not.toEqual(once.probabilities);
  });
});
