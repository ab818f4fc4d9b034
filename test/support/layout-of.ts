// Layouts of trees in memory, and their text.

import type { LayoutOptions } from '../../src/data/layout/evidence.ts';
import { findLayout, type Layout } from '../../src/data/layout/find-layout.ts';
import { memoryTree } from './memory-tree.ts';

export const layoutOf = (files: Parameters<typeof memoryTree>[0], options?: LayoutOptions): Promise<Layout> =>
  findLayout(memoryTree(files), options);

/** `train cat 2 dog 1 | test cat 1`. */
export const textOf = ({
  classes,
  train,
  validation,
  test,
}: Pick<Layout, 'classes' | 'train' | 'validation' | 'test'>): string =>
  Object.entries({ train, validation, test })
    .flatMap(([part, images]) => {
      if (images === undefined) return [];
      const counts = classes.map((name, label) => `${name} ${images.filter((image) => image.label === label).length}`);
      return [`${part} ${counts.join(' ')}`];
    })
    .join(' | ');
