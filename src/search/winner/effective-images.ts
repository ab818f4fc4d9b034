// How many images a fitness is worth.

import type { MetricName } from '../../engine/scoring/metrics.ts';

/** In these, each class counts alike, however few images it has. */
const BY_CLASS: readonly MetricName[] = ['balanced-accuracy', 'macro-f1'];

/**
 * Number of images on which an accuracy would have the standard error that a fitness has. Where each class counts
 * alike, the few images of a small class decide: K² / Σ 1/n for K classes of n images each, the variance of a mean of
 * recalls that are equally high.
 *
 * @param images  number of images that the fitness is measured on.
 * @param counts  images of each class in the data that those are a stratified sample of; classes without any have no part.
 * @see Cochran 1977, Sampling Techniques, section 5.3, for the variance of a stratified mean.
 */
export function effectiveImages(metric: MetricName, images: number, counts: readonly number[]): number {
  if (!BY_CLASS.includes(metric)) return images;
  const present = counts.filter((count) => count > 0);
  const all = present.reduce((sum, count) => sum + count, 0);
  return (present.length * present.length * images) / present.reduce((sum, count) => sum + all / count, 0);
}
