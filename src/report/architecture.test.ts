import { describe, expect, test } from 'vitest';
import { estimateCost, type NetworkInput } from '../genome/cost.ts';
import { parseGenome } from '../genome/text.ts';
import { planLayers } from '../network/layers.ts';
import { drawArchitecture } from './architecture.ts';

const MNIST: NetworkInput = { input: { channels: 1, height: 28, width: 28 }, classes: 10 };

describe('drawArchitecture', () => {
  test('has a block for each layer of the plan, in its order, between the image and the classes', () => {
    const svg = drawArchitecture(parseGenome('16-16-max-32-32-mean-64-64'), MNIST);
    const kinds = [...svg.matchAll(/data-kind="(\w+)"/g)].map((match) => match[1]);
    const planned = planLayers(parseGenome('16-16-max-32-32-mean-64-64'), MNIST).map(({ kind }) => kind);
    expect(kinds).toEqual(['image', ...planned, 'classes']);
  });

  test('shows the shapes and the parameters of the cost model', () => {
    const genome = parseGenome('16-32-max-64-32');
    const svg = drawArchitecture(genome, MNIST);
    for (const { outputShape, parameters } of estimateCost(genome, MNIST).layers) {
      expect(svg).toContain(`>${outputShape.join('×')}</text>`);
      if (parameters > 0) expect(svg).toContain(`>${parameters.toLocaleString('en-US')} params</text>`);
    }
  });
});
