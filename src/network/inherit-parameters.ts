// Weight inheritance: the parameters that a network shares with its parent.

import type { Layer } from './layers.ts';
import type { Network } from './training-graph.ts';

type Layered = Pick<Network, 'layers' | 'layout'>;

/**
 * Parameters that a child takes over from its parent: those of the unchanged layers.
 *
 * Layers are aligned by a longest common subsequence. A skip layer is unchanged if its filters, input channels and shortcut
 * are the same; a stage, if its filters, input channels and pooling are; a dense layer, if its whole input shape and its units are the same. Pooling layers have no parameters; they
 * only break ties between alignments with equally many parameterised layers.
 *
 * @param parameters  all parameters of the parent, flat.
 * @returns parameters by the child's tensor names; views of `parameters`.
 * @see Real et al. 2017, Large-Scale Evolution of Image Classifiers; Elsken et al. 2017, Simple and Efficient Architecture
 *   Search. Differs from the latter: new layers start at random, not as the identity.
 */
export function inheritParameters(
  parent: Layered,
  parameters: Float32Array,
  child: Layered,
): ReadonlyMap<string, Float32Array> {
  const inherited = new Map<string, Float32Array>();
  const specs = new Map(parent.layout.parameters.map((spec) => [spec.name, spec]));
  for (const [from, to] of alignLayers(parent.layers, child.layers)) {
    for (const { name } of child.layout.parameters) {
      const spec = name.startsWith(`${to}.`) ? specs.get(from + name.slice(to.length)) : undefined;
      if (spec !== undefined) inherited.set(name, parameters.subarray(spec.offset, spec.offset + spec.size));
    }
  }
  return inherited;
}

interface Alignment {
  readonly weight: number;
  /** Pairs of layer names: the parent's and the child's. */
  readonly pairs: readonly (readonly [from: string, to: string])[];
}

const NOTHING: Alignment = { weight: 0, pairs: [] };

/** The heaviest common subsequence; among equals, the one that ends first. */
function alignLayers(parent: readonly Layer[], child: readonly Layer[]): Alignment['pairs'] {
  const keys = keysOf(child);
  // Best alignments of the parent's layers so far with the first 0, 1, … layers of the child.
  let best: readonly Alignment[] = [NOTHING, ...child.map(() => NOTHING)];
  for (const [i, key] of keysOf(parent).entries()) {
    const next = [NOTHING];
    for (const [j, layer] of child.entries()) {
      const without = heavier(best[j + 1] ?? NOTHING, next[j] ?? NOTHING);
      const { weight, pairs } = best[j] ?? NOTHING;
      const gain = layer.kind === 'pooling' ? 1 : child.length + 1;
      const isSame = key !== undefined && key === keys[j];
      const pair = [parent[i]?.name ?? '', layer.name] as const;
      next.push(isSame ? heavier(without, { weight: weight + gain, pairs: [...pairs, pair] }) : without);
    }
    best = next;
  }
  return best.at(-1)?.pairs ?? [];
}

function heavier(a: Alignment, b: Alignment): Alignment {
  return b.weight > a.weight ? b : a;
}

/** A key per layer: equal if two layers are interchangeable, undefined if there is nothing to align. */
function keysOf(layers: readonly Layer[]): readonly (string | undefined)[] {
  // Channels of the layer's input; 0 stands for those of the image. Together with the features they identify the flattened
  // shape.
  let channels = 0;
  return layers.map((layer) => {
    switch (layer.kind) {
      case 'skip': {
        const { inputChannels, filters1, filters2, convolvesShortcut } = layer;
        channels = filters2;
        return `skip ${inputChannels} ${filters1} ${filters2} ${convolvesShortcut}`;
      }
      case 'stage': {
        const { inputChannels, filters1, pooling, filters2 } = layer;
        channels = filters2;
        return `stage ${inputChannels} ${filters1} ${pooling} ${filters2}`;
      }
      case 'dense': {
        const key = `dense ${channels} ${layer.features} ${layer.units}`;
        channels = layer.units;
        return key;
      }
      case 'pooling':
        return 'pooling';
      default:
        return undefined;
    }
  });
}
