// The genome: a list of genes, one a layer, immutable.

/** conv 3×3 (filters1) → BN → ReLU → conv 3×3 (filters2) → BN, plus a 1×1 shortcut; ReLU. */
export interface SkipGene {
  readonly kind: 'skip';
  readonly filters1: number;
  readonly filters2: number;
}

export type PoolingType = 'max' | 'mean';

/** Pooling 2×2, stride 2, no padding: odd sizes round down. */
export interface PoolingGene {
  readonly kind: 'pooling';
  readonly pooling: PoolingType;
}

export type Gene = SkipGene | PoolingGene;
export type Genome = readonly Gene[];
