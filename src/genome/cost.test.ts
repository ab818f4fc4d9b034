import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../errors.ts';
import { estimateCost, type NetworkInput } from './cost.ts';
import { parseImageShape } from './image-shape.ts';
import { parseGenome } from './text.ts';

const problem = (shape: string, classes = 10): NetworkInput => ({ input: parseImageShape(shape), classes });

describe('estimateCost', () => {
  it('agrees with 128-64 on 28x28x1 counted by hand', () => {
    // Parameters: conv1 9·1·128+128, bn1 2·128, conv2 9·128·64+64, bn2 2·64, shortcut 1·64+64; dense 64·784·10+10.
    // FLOPs: 2·784·(9·1·128 + 9·128·64 + 1·64); 2·64·784·10. Floats kept: 784·(3·128 + 4·64); 10.
    // Orthogonal matrices of 9×128, 64×1152 and 1×64, few rows first: 2·few²·(2·many + 17·few) each.
    expect(estimateCost(parseGenome('128-64'), problem('28x28x1'))).toEqual({
      layers: [
        {
          name: 'skip 128-64',
          kind: 'skip',
          outputShape: [64, 28, 28],
          parameters: 1280 + 256 + 73_792 + 128 + 128,
          flops: 117_512_192,
          activationBytes: 2_007_040,
          // The image is not padded. Each convolution reads and writes three times.
          trainingFlops: 3 * 117_512_192,
          trainingBytes: 3 * 4 * 784 * (1 + 128 + (128 + 64) + (1 + 64)),
          orthogonalFlops: 27_853_812,
        },
        {
          name: 'dense',
          kind: 'head',
          outputShape: [10],
          parameters: 501_770,
          flops: 1_003_520,
          activationBytes: 40,
          trainingFlops: 3 * 1_003_520,
          trainingBytes: 0,
          orthogonalFlops: 0,
        },
      ],
      parameters: 577_354,
      flops: 118_515_712,
      activationBytes: 2_007_080,
      trainingFlops: 3 * 118_515_712,
      trainingBytes: 3 * 4 * 784 * 386,
      orthogonalFlops: 27_853_812,
    });
  });

  it('fills channels up to multiples of 16 where it counts what a training step takes', () => {
    const [skip, pool] = estimateCost(parseGenome('8-64-max'), problem('28x28x1')).layers;
    // 8 channels are 16; the image has one.
    expect(skip?.trainingFlops).toBe(3 * 2 * 784 * (9 * 1 * 16 + 9 * 16 * 64 + 1 * 64));
    expect(skip?.trainingBytes).toBe(3 * 4 * 784 * (1 + 16 + (16 + 64) + (1 + 64)));
    expect([pool?.trainingFlops, pool?.trainingBytes]).toEqual([0, 4 * 196 * 64]);
    const [stage] = estimateCost(parseGenome('8max64'), problem('28x28x1')).layers;
    expect(stage?.trainingFlops).toBe(3 * 2 * (784 * 9 * 16 + 196 * 9 * 16 * 64));
    expect(stage?.trainingBytes).toBe(3 * 4 * (784 * (1 + 16) + 196 * (16 + 64)));
  });

  it('follows shapes through odd sizes and colour', () => {
    const { layers, parameters } = estimateCost(parseGenome('8-16-max-mean-4-2'), problem('7x5x3', 2));
    expect(layers.map(({ name, outputShape }) => [name, outputShape])).toEqual([
      ['skip 8-16', [16, 7, 5]],
      ['max pool', [16, 3, 2]],
      ['mean pool', [16, 1, 1]],
      ['skip 4-2', [2, 1, 1]],
      ['dense', [2]],
    ]);
    expect(layers.map((layer) => layer.parameters)).toEqual([
      9 * 3 * 8 + 8 + 16 + (9 * 8 * 16 + 16) + 32 + (3 * 16 + 16),
      0,
      0,
      9 * 16 * 4 + 4 + 8 + (9 * 4 * 2 + 2) + 4 + (16 * 2 + 2),
      2 * 2 + 2,
    ]);
    expect(layers.map((layer) => layer.flops)).toEqual([2 * 35 * (216 + 1152 + 48), 0, 0, 2 * (576 + 72 + 32), 2 * 4]);
    expect(layers.map((layer) => layer.activationBytes / 4)).toEqual([35 * (24 + 64), 96, 16, 12 + 8, 2]);
    expect(parameters).toBe(layers.reduce((sum, layer) => sum + layer.parameters, 0));
  });

  it('counts the first convolution of a stage before its pooling, and the rest behind it', () => {
    const { layers } = estimateCost(parseGenome('8max16-4mean2'), problem('7x5x3', 2));
    expect(layers.slice(0, 2).map(({ name, kind, outputShape }) => [name, kind, outputShape])).toEqual([
      ['stage 8max16', 'stage', [16, 3, 2]],
      ['stage 4mean2', 'stage', [2, 1, 1]],
    ]);
    expect(layers.map(({ parameters }) => parameters)).toEqual([
      9 * 3 * 8 + 8 + 16 + (9 * 8 * 16 + 16) + 32,
      9 * 16 * 4 + 4 + 8 + (9 * 4 * 2 + 2) + 4,
      2 * 2 + 2,
    ]);
    expect(layers.map(({ flops }) => flops)).toEqual([2 * (35 * 216 + 6 * 1152), 2 * (6 * 576 + 72), 8]);
    expect(layers.map(({ activationBytes }) => activationBytes / 4)).toEqual([35 * 8 + 6 * 72, 6 * 4 + 18, 2]);
    expect(layers[0]?.orthogonalFlops).toBe(2 * 8 * 8 * (2 * 27 + 17 * 8) + 2 * 16 * 16 * (2 * 72 + 17 * 16));
  });

  it('counts the head alone for the empty genome', () => {
    expect(estimateCost([], problem('28x28x1'))).toMatchObject({
      parameters: 7850,
      flops: 15_680,
      activationBytes: 40,
    });
  });

  it('names the layer that would leave no pixel, and the size there', () => {
    expect(() => estimateCost(parseGenome('max-8-8-max-mean-max'), problem('28x6x1'))).toThrow(
      invalidInput(
        'genome "max-8-8-max-mean-max": layer 4 (mean pool) would leave no pixel of 7x1; remove a pooling layer or use larger images',
      ),
    );
  });

  it('refuses impossible images and class counts', () => {
    expect(() => estimateCost([], { input: { channels: 1, height: 0.5, width: 28 }, classes: 10 })).toThrow(
      'image height must be an integer from 1 to 65,536, received 0.5',
    );
    expect(() => estimateCost([], problem('28x28x1', 1))).toThrow(
      'the number of classes must be an integer of at least 2, received 1',
    );
    expect(() => estimateCost([], problem('28x28x1', Number.NaN))).toThrow(InvalidInputError);
  });
});

function invalidInput(message: string): unknown {
  return expect.objectContaining({ code: 'INVALID_INPUT', message });
}
