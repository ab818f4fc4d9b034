import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toyNetwork } from '../../test/support/toy-data.ts';
import { inheritParameters } from './inherit-parameters.ts';
import type { Network } from './training-graph.ts';

/** Each of the parent's values is its position. */
const positions = ({ layout }: Network) => Float32Array.from({ length: layout.parameterCount }, (_, i) => i);

function inherit(parent: string, child: string) {
  const [from, to] = [toyNetwork(parent), toyNetwork(child)];
  return inheritParameters(from, positions(from), to);
}

/** By the names of layers: the child's from the parent's. */
function layersOf(parent: string, child: string): Record<string, string> {
  const { layout } = toyNetwork(parent);
  const sources = [...inherit(parent, child)].map(([name, [start]]) => {
    const source = layout.parameters.find(({ offset }) => offset === start)?.name ?? '';
    return [layerOf(name), layerOf(source)] as const;
  });
  return Object.fromEntries(sources);
}

const layerOf = (tensor: string): string => tensor.split('.').slice(0, 2).join('.');

describe('inheritParameters', () => {
  it.each([
    ['nothing changed', '2-4-max-4-4', '2-4-max-4-4', { 0: 0, 2: 2, head: 'head' }],
    ['a layer was added behind', '2-4-max', '2-4-max-2-4', { 0: 0, head: 'head' }],
    ['a layer was added in front', '2-4', '2-2-2-4', { head: 'head' }],
    ['a layer was removed', '2-4-2-4-4-4', '2-4-4-4', { 0: 0, 1: 2, head: 'head' }],
    ['filters differ', '2-4-4-4', '4-4-4-4', { 1: 1, head: 'head' }],
    ['input channels differ', '2-4-4-4', '2-2-4-4', { head: 'head' }],
    ['the image is pooled once more', '2-4', '2-4-max', { 0: 0 }],
    ['pooling is of another kind', '2-4-max', '2-4-mean', { 0: 0, head: 'head' }],
    // 4 channels of 8×8 pixels and 16 of 4×4 have as many features.
    ['as many features have another shape', '2-4', '2-16-max', {}],
    ['a stage stays', '2max4-4-4', '2max4-2-4', { 0: 0, head: 'head' }],
    ['a stage pools otherwise', '2max4-4mean4', '2mean4-4mean4', { 1: 1, head: 'head' }],
    ['a stage became a skip layer', '2max4', 'max-2-4', { head: 'head' }],
    ['there are no layers', 'max', 'mean', { head: 'head' }],
    ['there are layers in one of both only', '1-1', 'max', {}],
    // Both layers of the child have the shape of the parent's second: the one behind the pooling is that.
    ['pooling tells which of two it is', '4-4-max-4-4', '4-4-4-4-max-4-4', { 0: 0, 3: 2, head: 'head' }],
    [
      'a layer with parameters counts more than pooling',
      '4-4-4-4-max-max',
      '4-4-max-max-4-4',
      { 0: 0, 3: 1, head: 'head' },
    ],
  ])('takes over the layers that are the same where %s', (_, parent, child, expected) => {
    const name = (layer: string | number) => (layer === 'head' ? 'head.dense' : `layers.${layer}`);
    const named = Object.entries(expected).map(([to, from]) => [name(to), name(from)]);
    expect(layersOf(parent, child)).toEqual(Object.fromEntries(named));
  });

  it('takes over whole tensors of the child’s names and shapes, with the values of the parent’s', () => {
    const parent = toyNetwork('2-4-2-4-max-4-2');
    const child = toyNetwork('2-4-max-4-2');
    const inherited = inheritParameters(parent, positions(parent), child);
    expect([...inherited.keys()]).toEqual(child.layout.parameters.map(({ name }) => name));
    for (const { name, shape, size } of child.layout.parameters) {
      const source = name.replace('layers.2', 'layers.3');
      const spec = parent.layout.parameters.find((each) => each.name === source);
      expect(spec?.shape).toEqual(shape);
      expect([...(inherited.get(name) ?? [])]).toEqual(Array.from({ length: size }, (_, i) => (spec?.offset ?? 0) + i));
    }
  });

  it('takes over as many skip layers as any selection in their order could', () => {
    const gene = fc.constantFrom('1-1', '1-2', '2-1', '2-2');
    const genome = fc.array(gene, { minLength: 1, maxLength: 6 }).map((genes) => genes.join('-'));
    fc.assert(
      fc.property(genome, genome, (parent, child) => {
        const layers = Object.keys(layersOf(parent, child)).filter((name) => name.startsWith('layers.'));
        expect(layers.length).toBe(mostInCommon(shapesOf(parent), shapesOf(child)));
      }),
    );
  });
});

/** Of each skip layer, the shapes of its tensors. */
function shapesOf(genome: string): readonly string[] {
  const { layers, layout } = toyNetwork(genome);
  return layers
    .filter(({ kind }) => kind === 'skip')
    .map(({ name }) =>
      JSON.stringify(layout.parameters.flatMap((spec) => (layerOf(spec.name) === name ? [spec.shape] : []))),
    );
}

/** By trying all selections. */
function mostInCommon(parent: readonly string[], child: readonly string[]): number {
  let most = 0;
  for (let selection = 0; selection < 2 ** child.length; selection++) {
    const chosen = child.filter((_, i) => (selection >> i) % 2 === 1);
    let found = 0;
    for (const shapes of parent) if (shapes === chosen[found]) found++;
    if (found === chosen.length) most = Math.max(most, found);
  }
  return most;
}
