// The genome: an immutable list of genes, one per layer.

/** One layer of a network. */
export type Gene =
  /** conv 3×3 (filters1) → BN → ReLU → conv 3×3 (filters2) → BN, plus a 1×1 shortcut; ReLU. */
  | { readonly kind: 'skip'; readonly filters1: number; readonly filters2: number }
  /** Pooling 2×2, stride 2, no padding: odd sizes round down. */
  | { readonly kind: 'pooling'; readonly pooling: 'max' | 'mean' }
  /** conv 3×3 (filters1) → pooling as above → BN → ReLU → conv 3×3 (filters2) → BN → ReLU, without a shortcut. */
  | {
      readonly kind: 'stage';
      readonly filters1: number;
      readonly pooling: 'max' | 'mean';
      readonly filters2: number;
    };

/** The layers of a network, from its images to its head. */
export type Genome = readonly Gene[];

export type SkipGene = Extract<Gene, { readonly kind: 'skip' }>;
export type StageGene = Extract<Gene, { readonly kind: 'stage' }>;
export type PoolingGene = Extract<Gene, { readonly kind: 'pooling' }>;
export type PoolingType = PoolingGene['pooling'];
